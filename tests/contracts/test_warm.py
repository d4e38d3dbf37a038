"""What is kept between requests crosses no scope: one process, all caches warm, two communities in turn."""

import pytest

from tests import factories as make
from tests.contracts.test_scope import DIRECTORIES, PARTNERS, PRIVATE, REFERENCE, address_of, rows, subject_of
from tests.contracts.walk import MARK, readable

__all__ = ["rows"]  # the fixture
THEIRS = "绝密乙"  # stands in what belongs to community 2
# They end the session, or make a file that tells nothing of rows.
LEFT_OUT = {"logout", "api-schema"}


def asked_in_turn(cast, rows):
    """Name → address of everything that both may ask for and that tells of rows."""
    return {
        name: address_of(route, cast, rows)
        for name, route in PRIVATE.items()
        if name not in LEFT_OUT | PARTNERS
        and subject_of(name) not in DIRECTORIES | REFERENCE
        and not name.endswith(("-choices", "-template", "-import", "-import-errors", "-columns"))
    }


def answers(client, addresses):
    return {name: readable(client.get(address)) for name, address in addresses.items()}


@pytest.mark.parametrize(("one", "other"), [("secretary", "sibling"), ("leader", "sibling_leader")])
def test_nothing_kept_for_one_community_is_told_to_its_sibling(cast, rows, sign_in, one, other):
    make.make_issue(cast.sibling, cast.c2, cast.lamp, f"{THEIRS}路灯不亮")
    ours, theirs = sign_in(getattr(cast, one)), sign_in(getattr(cast, other))
    addresses = asked_in_turn(cast, rows)
    first = answers(ours, addresses)
    between = answers(theirs, addresses)
    again = answers(ours, {name: address for name, address in addresses.items() if not PRIVATE[name].arguments})
    assert sum(MARK in text for text in first.values()) > 20, "there is something to be told"
    assert not [name for name, text in between.items() if MARK in text]
    assert not [name for name, text in again.items() if THEIRS in text]
    assert {name for name, text in again.items() if MARK in text} == {
        name for name, text in first.items() if MARK in text and name in again
    }

"""What is kept between requests crosses no scope: one process, all caches warm, two places in turn."""

import re

import pytest
from django.core.cache import cache

from tests import factories as make
from tests.contracts.test_scope import DIRECTORIES, PARTNERS, PERSONAL, PRIVATE, REFERENCE, address_of, rows, subject_of
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


# What differs from answer to answer: tokens, moments, identifiers of requests.
PASSING = re.compile(
    r"[A-Za-z0-9]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9T:.+-]*[0-9]{2}:[0-9]{2}[0-9:.+Z]*"
)


def answers(client, addresses):
    return {name: PASSING.sub("", readable(client.get(address))) for name, address in addresses.items()}


@pytest.mark.parametrize(("one", "other"), [("secretary", "sibling"), ("officer", "other_officer")])
def test_nothing_kept_for_one_place_is_told_to_another(cast, rows, sign_in, one, other):
    make.make_issue(cast.sibling, cast.c2, cast.lamp, f"{THEIRS}路灯不亮")
    ours, theirs = sign_in(getattr(cast, one)), sign_in(getattr(cast, other))
    addresses = asked_in_turn(cast, rows)
    open_ones = {name: address for name, address in addresses.items() if not PRIVATE[name].arguments}
    first = answers(ours, addresses)
    between = answers(theirs, addresses)
    again = answers(ours, open_ones)
    assert sum(MARK in text for text in first.values()) > 20, "there is something to be told"
    assert not [name for name, text in between.items() if MARK in text]
    assert not [name for name, text in again.items() if THEIRS in text and one == "secretary"]
    cache.clear()  # numbers tell nothing of whose they are: without what was kept, the answers are the same
    cold = answers(theirs, {name: address for name, address in open_ones.items() if name not in PERSONAL})
    assert not [name for name, text in cold.items() if text != between[name]]

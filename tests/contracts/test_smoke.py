"""Every register, case and page opens, with one row of each kind in the tables.

Little is asserted, everything is asked: these run on both databases, for the SQL that one of them would refuse.
"""

import pytest

from suzhou_portal.lib.registers import site
from tests.contracts.test_scope import ROUTES, address_of, rows  # noqa: F401 -- a fixture
from tests.contracts.walk import MARK, readable

pytestmark = pytest.mark.dialect
WHO = ("district", "secretary", "officer", "liaison", "leader", "area_leader", "system", "security", "auditor")
REFUSED = {403, 404}
LOCKED = {"registers:needs-edit"}  # the need of these rows is taken up
UNREADY = {"readyz"}  # no worker is running
PAGES = ("list", "detail", "create", "edit", "export")
REGISTERS = [register.name for register in site.registers]


@pytest.fixture
def opened(cast, sign_in, rows):  # noqa: F811
    """``opened(name, query)`` → (address, answer): the first that is no refusal, of what everybody is told there."""
    clients = [sign_in(getattr(cast, name)) for name in WHO]
    for client in clients:
        client.raise_request_exception = False  # all that fail are told, each with its address

    def ask(name, query=""):
        address = address_of(ROUTES[name], cast, rows) + query
        told = (client.get(address) for client in clients)
        return address, next((answer for answer in told if answer.status_code not in REFUSED), None)

    return ask


def test_registers_open_with_list_detail_form_export_and_rest(opened):
    closed = []
    for name in REGISTERS:
        walked = [f"registers:{name}-{page}" for page in PAGES] + [f"{name}-list", f"{name}-detail"]
        for walk in (walk for walk in walked if walk in ROUTES and walk not in LOCKED):
            for query in ("", f"?q={MARK[:2]}") if walk.endswith("-list") else ("",):
                address, answer = opened(walk, query)
                if answer is None or answer.status_code != 200 or not readable(answer):
                    closed.append((address, answer and answer.status_code))
    assert not closed


def test_no_other_address_fails(opened):
    failed = []
    for name in ROUTES:
        subject, _, page = name.removeprefix("registers:").rpartition("-")
        if (subject not in REGISTERS or page not in PAGES) and name not in UNREADY:
            address, answer = opened(name)
            if answer is not None and answer.status_code >= 500:
                failed.append((address, answer.status_code))
    assert not failed

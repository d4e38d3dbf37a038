"""A reporter's contact is no oracle: nothing finds, filters, sorts, counts, lists, exports or logs by it."""

import pytest

from grids.reporters.models import Contact, ReporterContact
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make
from tests.contracts.walk import readable
from tests.grids.reporters.test_contacts import NAME, PHONE, WHY, entry_values, page


@pytest.fixture
def issue(cast):
    return make.make_issue(cast.secretary, cast.compound, cast.lamp, contact=Contact(NAME, PHONE))


@pytest.mark.parametrize("words", [NAME, NAME[:2], PHONE, PHONE[-4:], "138****1234", "欧**"])
def test_nothing_finds_an_issue_by_its_contact(cast, sign_in, issue, words):
    other = make.make_issue(cast.secretary, cast.compound, cast.lamp, "另一件")
    for user in (cast.secretary, cast.officer, cast.district):
        client = sign_in(user)
        assert client.get("/api/v1/issues/", {"q": words}).json()["results"] == []
        for address in ("/issues/", "/issues/export/"):
            answer = client.get(address, {"q": words, "queue": "all"})
            text = readable(answer)
            assert issue.number not in text
            assert other.number not in text
        found = client.get("/audit/", {"q": words})
        assert found.status_code == 403


@pytest.mark.parametrize("name", ["contact", "contact_name", "contact_phone", "phone", "contact__phone", "has_contact"])
def test_no_filter_or_order_takes_a_contact(cast, sign_in, issue, name):
    make.make_issue(cast.secretary, cast.compound, cast.lamp, "另一件")
    client = sign_in(cast.secretary)
    assert client.get("/api/v1/issues/", {name: PHONE}).status_code == 400
    numbers = [row["number"] for row in client.get("/issues/", {"queue": "all"}).context["rows"]]
    for query in ({name: PHONE}, {"sort": name}, {"sort": f"-{name}"}, {"order": name}):
        answer = client.get("/issues/", {"queue": "all", **query})
        assert [row["number"] for row in answer.context["rows"]] == numbers


def test_lists_exports_and_answers_hold_nothing(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    for address in (
        "/issues/?queue=all",
        "/issues/export/",
        "/api/v1/issues/",
        f"/api/v1/issues/{issue.number}/",
        "/",
        "/inbox/",
        f"/issues/new/hints/?description={NAME}&place={cast.compound.code}",
    ):
        text = readable(client.get(address))
        for part in (PHONE, PHONE[-4:], "欧**", "aes."):
            assert part not in text, address
        assert NAME not in text, address


def test_the_same_contact_twice_is_told_to_nobody(cast, sign_in, issue):
    """A second report with the same phone is answered like any other, and is no likeness."""
    answer = sign_in(cast.secretary).post("/issues/new/", entry_values(cast, description="完全不同的一件"), follow=True)
    assert issue.number not in answer.content.decode()
    assert ReporterContact.objects.count() == 2
    sealed = list(ReporterContact.objects.values_list("phone", flat=True))
    assert sealed[0] != sealed[1]


@pytest.mark.parametrize("address", ["/issues/export/", "/issues/print/", "/grids/return-visits/export/"])
def test_a_number_that_was_searched_for_does_not_stay_in_the_trail(cast, sign_in, issue, address):
    assert sign_in(cast.secretary).get(address, {"q": PHONE}).status_code == 200
    filters = AuditEntry.objects.filter(action="export").latest("id").changes["filters"]
    assert PHONE not in filters
    assert f"{PHONE[:3]}***{PHONE[-3:]}" in filters


def test_nothing_of_it_is_logged(cast, sign_in, issue, caplog):
    client = sign_in(cast.secretary)
    client.post(page(issue, "contact/reveal/"), WHY)
    client.post("/issues/new/", entry_values(cast, contact_phone="13800001234x"))
    client.post("/api/v1/issues/", {"contact_name": NAME, "contact_phone": PHONE}, content_type="application/json")
    assert PHONE not in caplog.text
    assert NAME not in caplog.text

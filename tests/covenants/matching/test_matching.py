"""Which offers fit a need, in which order, and why; and taking a need up."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from covenants.agreements.models import Covenant
from covenants.agreements.parameters import TERM_MONTHS
from covenants.agreements.periods import term_from
from covenants.agreements.terms import Terms
from covenants.agreements.workflow import WORKFLOW
from covenants.lists.models import Need
from covenants.matching.parameters import MATCH_CAPACITY, MATCH_NEAR, MATCH_PAST, MATCH_PERIOD, PAST_MONTHS
from covenants.matching.services import Fit, Match, Past, Weights, fit_of, needs_for, offers_for, past_of, ranked
from covenants.matching.taking_up import take_up
from suzhou_portal.lib.rows.records import ActionNotPossible
from tests import factories as make
from tests.covenants import made
from tests.files.test_preparing import set_parameter

TODAY = date(2026, 3, 1)
PARTS = st.integers(1, 60).flatmap(lambda n: st.integers(1, n).map(lambda part: Fraction(part, n)))
FITS = st.builds(
    Fit,
    near=st.integers(1, 3),
    capacity=PARTS,
    period=PARTS,
    past=st.builds(lambda a, b: Past(min(a, b), max(a, b)), st.integers(0, 40), st.integers(0, 40)),
)


def criteria(fit: Fit) -> tuple:
    return fit.near, fit.capacity, fit.period, fit.past.share


WEIGHTS = st.builds(Weights, *[st.integers(0, 100)] * 4)


@given(one=FITS, other=FITS, weights=WEIGHTS)
def test_better_on_every_criterion_never_ranks_below_whatever_they_count(one, other, weights):
    better = all(mine >= theirs for mine, theirs in zip(criteria(one), criteria(other), strict=True))
    matches = [Match(SimpleNamespace(pk=1), SimpleNamespace(pk=1), other, None)]
    matches.append(Match(SimpleNamespace(pk=1), SimpleNamespace(pk=2), one, None))
    order = [match.fit for match in ranked(matches, weights)]
    if better and criteria(one) != criteria(other):
        assert order == [one, other]
    assert 0 <= one.score(weights) <= 100


@given(due=st.integers(0, 60), fulfilled=st.integers(0, 60))
def test_keeping_one_more_promise_never_harms(due, fulfilled):
    fulfilled = min(due, fulfilled)
    assert Past(fulfilled + 1, due + 1).share >= Past(fulfilled, due).share
    assert Past(fulfilled, due + 1).share <= Past(fulfilled, due).share


days = st.integers(-200, 400).map(lambda n: TODAY + timedelta(days=n))


@given(
    left=st.none() | st.decimals(0, 50, places=2),
    wanted=st.none() | st.decimals("0.01", 50, places=2),
    begins=st.none() | days,
    ends=st.none() | days,
    from_=st.none() | days,
    until=st.none() | days,
)
def test_whatever_the_numbers_a_fit_is_between_nothing_and_all(left, wanted, begins, ends, from_, until):
    if (begins and ends and ends < begins) or (from_ and until and until < from_):
        return
    unit = SimpleNamespace(street_id=1, community_id=2)
    need = SimpleNamespace(
        kind="people", street_id=1, community_id=2, quantity=wanted, unit="人", begins=begins, ends=ends
    )
    row = SimpleNamespace(
        kind="people",
        is_open=True,
        street_id=None,
        community_id=None,
        unit="人",
        begins=from_,
        ends=until,
        organisation=unit,
    )
    fit = fit_of(need, row, left, Past(), TODAY)
    if fit is not None:
        assert fit.near == 3
        assert fit.capacity is None or 0 < fit.capacity <= 1
        assert 0 < fit.period <= 1
        assert left is None or left > 0
    elif left is None or left > 0:
        assert from_ or until or ends, "only time can stand in the way"


def test_offers_are_ranked_and_explained(cast):
    far = make.make_organisation("U09", "城北电力", is_unit=True)
    need = made.need(cast, quantity=4, unit="人")
    made.offer(cast, kind="venue")
    made.offer(cast, is_open=False)
    made.offer(cast, ends=made.day(-1))
    distant = made.offer(cast, far, quantity=2, unit="人")
    best = made.offer(cast, quantity=10, unit="人", community=cast.c1)
    found = offers_for(need, cast.secretary)
    assert [match.offer for match in found] == [best, distant]
    assert found[0].fit.words == "同类资源，本社区，余量充足，时间合适，近一年没有到期的约定"
    assert found[1].fit.words == "同类资源，面向全区，余量可供 50%，时间合适，近一年没有到期的约定"


def test_the_district_says_what_counts_and_the_page_says_it_too(cast, sign_in):
    far = make.make_organisation("U09", "城北电力", is_unit=True)
    need = made.need(cast, quantity=4, unit="人")
    near = made.offer(cast, quantity=1, unit="人", community=cast.c1)
    plenty = made.offer(cast, far, quantity=4, unit="人")
    address = f"/covenants/needs/{need.number}/"
    said = "按地点远近 30%、余量 30%、时间 20%、近一年履约 20%打分"
    assert said in sign_in(cast.secretary).get(address).content.decode()
    for code, value in ((MATCH_NEAR, 60), (MATCH_CAPACITY, 0), (MATCH_PERIOD, 0), (MATCH_PAST, 20)):
        set_parameter(code, value)
    set_parameter(PAST_MONTHS, 6)
    assert [match.offer for match in offers_for(need, cast.secretary)] == [near, plenty]
    page = sign_in(cast.secretary).get(address).content.decode()
    assert "按地点远近 75%、近 6 个月履约 25%打分" in page
    assert "近 6 个月没有到期的约定" in page
    set_parameter(MATCH_NEAR, 0)
    set_parameter(MATCH_CAPACITY, 60)
    assert [match.offer for match in offers_for(need, cast.secretary)] == [plenty, near]


def test_only_the_last_months_count(cast):
    covenant = made.signed(cast, made.some_terms(made.task(due=-40), begins=made.day(-100)))
    assert past_of([cast.unit_org.pk]) == {cast.unit_org.pk: Past(0, 1)}
    set_parameter(PAST_MONTHS, 1)
    assert past_of([covenant.organisation_id]) == {}


@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [
        (date(2026, 3, 1), 12, date(2027, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 27)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 27)),
    ],
)
def test_a_new_covenant_runs_as_long_as_the_district_has_set(db, begins, months, ends):
    set_parameter(TERM_MONTHS, months)
    assert term_from(begins) == ends


def test_what_is_promised_is_no_longer_there(cast):
    row = made.offer(cast, quantity=5, unit="人")
    terms = made.some_terms(made.task(quantity="3", unit="人", offer=row.number, due=-1))
    covenant = made.signed(cast, terms)
    assert covenant.commitments.get().offer == row
    (match,) = offers_for(made.need(cast, quantity=4, unit="人"), cast.secretary)
    assert (match.left, match.fit.capacity) == (Decimal(2), Fraction(1, 2))
    assert "近一年履约 0/1" in match.fit.words
    made.deliver(cast, covenant.commitments.get(), quantity=3)
    (match,) = offers_for(made.need(cast, quantity=4, unit="人"), cast.secretary)
    assert "近一年履约 1/1" in match.fit.words


def test_the_liaison_sees_what_fits_first(cast, sign_in):
    fits = made.need(cast)
    made.need(cast, kind="goods", title="要桌椅")
    client = sign_in(cast.liaison)
    assert "还没有发布可用的资源" in client.get("/covenants/needs/fitting/").content.decode()
    made.offer(cast)
    page = client.get("/covenants/needs/fitting/").content.decode()
    assert fits.title in page
    assert "要桌椅" not in page
    assert "适合本单位的需求" in client.get("/todo/").content.decode()
    assert sign_in(cast.secretary).get("/covenants/needs/fitting/").status_code == 403
    assert [match.need for match in needs_for(cast.department)] == []


def test_matching_costs_the_same_whatever_the_rows(cast, sign_in):
    client = sign_in(cast.liaison)

    def queries(address):
        with CaptureQueriesContext(connection) as sent:
            assert client.get(address).status_code == 200
        return len(sent)

    need = made.need(cast)
    made.offer(cast)
    addresses = ("/covenants/needs/fitting/", f"/covenants/needs/{need.number}/")
    for address in addresses:
        queries(address)
    few = [queries(address) for address in addresses]
    for _ in range(12):
        made.need(cast)
        made.offer(cast)
    assert [queries(address) for address in addresses] == few


# --- 认领 ----------------------------------------------------------------------------------


def test_one_click_begins_the_talks(cast, sign_in):
    need, row = made.need(cast, quantity=3, unit="盏", ends=made.day(30)), made.offer(cast)
    client = sign_in(cast.liaison)
    page = client.get(f"/covenants/needs/{need.number}/").content.decode()
    assert "第一中学认领，另订新协议" in page
    data = {"organisation": cast.unit_org.code, "offer": row.number}
    client.post(f"/covenants/needs/{need.number}/take/", data)
    covenant = Covenant.objects.get()
    (item,) = Terms.of(covenant.revisions.get().terms).items
    assert (item.kind, item.quantity, item.unit, item.due_on) == ("task", 3, "盏", made.day(30))
    assert (item.need, item.offer, item.title) == (need.number, row.number, need.title)
    assert (covenant.unit_accepts, covenant.place_accepts, covenant.place) == (1, 0, cast.c1)
    need.refresh_from_db()
    assert (need.status, need.organisation) == ("taken", cast.unit_org)


def test_another_click_joins_what_runs(cast, sign_in):
    client = sign_in(cast.liaison)
    first, second, third = made.need(cast), made.need(cast), made.need(cast)
    client.post(f"/covenants/needs/{first.number}/take/", {"organisation": cast.unit_org.code})
    covenant = Covenant.objects.get()
    client.post(f"/covenants/needs/{second.number}/take/", {"covenant": covenant.number})
    covenant.refresh_from_db()
    assert (covenant.revision, covenant.status) == (2, "negotiating")
    covenant = WORKFLOW.apply(covenant, "accept", by=cast.secretary)
    inputs = {"signed_on": str(made.day(0)), "place_signatory": "张书记", "unit_signatory": "李校长"}
    covenant = WORKFLOW.apply(covenant, "sign", by=cast.secretary, inputs=inputs)
    client.post(f"/covenants/needs/{third.number}/take/", {"covenant": covenant.number})
    covenant.refresh_from_db()
    assert covenant.change_pending
    assert [item.need for item in Terms.of(covenant.revisions.get(index=3).terms).items] == [
        row.number for row in (first, second, third)
    ]


def test_whoever_comes_second_is_told(cast, sign_in):
    need = made.need(cast)
    take_up(need, cast.unit_org, by=cast.liaison)
    with pytest.raises(ActionNotPossible):
        take_up(need, cast.law, by=cast.department)
    assert sign_in(cast.department).post(f"/covenants/needs/{need.number}/take/", {}).status_code == 404
    again = sign_in(cast.liaison).post(f"/covenants/needs/{need.number}/take/", {}, follow=True)
    assert "已被认领" in again.content.decode()
    assert Covenant.objects.count() == 1


def test_only_a_unit_takes_up_and_only_for_itself(cast, sign_in):
    need = made.need(cast)
    for user in (cast.secretary, cast.district, cast.officer):
        assert sign_in(user).post(f"/covenants/needs/{need.number}/take/", {}).status_code == 403
    with pytest.raises(PermissionError):
        take_up(need, cast.law, by=cast.liaison)
    with pytest.raises(PermissionError):
        take_up(need, cast.unit_org, by=cast.secretary)
    stranger = {"organisation": cast.law.code}
    assert sign_in(cast.liaison).post(f"/covenants/needs/{need.number}/take/", stranger).status_code == 404


def test_money_without_an_amount_is_asked_for(cast, sign_in):
    need = made.need(cast, kind="funds", title="困难群众慰问")
    with pytest.raises(ValidationError, match="没有写明金额"):
        take_up(need, cast.unit_org, by=cast.liaison)
    rich = made.offer(cast, kind="funds", title="慰问金", quantity=2000)
    covenant = take_up(need, cast.unit_org, by=cast.liaison, offer=rich)
    (item,) = Terms.of(covenant.revisions.get().terms).items
    assert (item.kind, item.amount) == ("funds", Decimal(2000))
    assert Need.objects.get().status == "taken"

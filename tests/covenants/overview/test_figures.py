"""履约率 and its kind: each equals the rows that it opens, for every place and reader."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covenants.agreements.models import Covenant
from covenants.agreements.services import begin
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.models import Commitment
from suzhou_portal.dashboards.figures import of_rows as counted
from suzhou_portal.dashboards.figures import wording
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.registers import figures as declared
from suzhou_portal.lib.registers.figures import row_figures
from suzhou_portal.lib.rows.counts import totals
from suzhou_portal.lib.time import periods
from tests.covenants import made

pytestmark = pytest.mark.dialect
CODES = {
    *("engaged_units", "agreed_tasks", "agreed_projects", "agreed_funds", "fulfilment_rate", "completion_rate"),
    *("fulfilment_progress", "funds_paid_rate"),
}
READERS = ("district", "officer", "other_officer", "secretary", "sibling")


def values_of(user, spot=None):
    spot = spot or spots.own(user)
    found = counted.count_rows(spot, periods.named("month"), user)
    return {value.figure.code: value for value in found if value.figure.code in CODES}


@pytest.fixture
def agreed(cast):
    """Of c1: a late task half done, a paid sum, a task to come; of the street itself a project."""
    terms = made.some_terms(made.task("t1", "4", due=-5), made.funds("f1", "12345.67", due=-2), made.task("t2", due=20))
    covenant = made.signed(cast, terms)
    rows = {row.key: row for row in covenant.commitments.all()}
    made.deliver(cast, rows["t1"], quantity=2)
    made.deliver(cast, rows["f1"], amount="12345.67")
    street = begin(
        Covenant(title="街道共建", organisation=cast.unit_org, street=cast.s1),
        by=cast.officer,
        terms=made.some_terms(made.project()),
    )
    street = WORKFLOW.apply(street, "accept", by=cast.liaison)
    inputs = {"signed_on": str(made.day(0)), "place_signatory": "李主任", "unit_signatory": "王校长"}
    WORKFLOW.apply(street, "sign", by=cast.officer, inputs=inputs)


def test_the_figures_say_what_their_definitions_say(cast, agreed):
    found = values_of(cast.district)
    assert set(found) == CODES
    pairs = {code: (value.numerator, value.denominator) for code, value in found.items()}
    assert pairs == {
        "engaged_units": (1, None),
        "agreed_tasks": (2, None),
        "agreed_projects": (1, None),
        "agreed_funds": (Decimal("12345.67"), None),
        "fulfilment_rate": (1, 2),
        "completion_rate": (1, 4),
        "fulfilment_progress": (Decimal("1.5000"), 2),
        "funds_paid_rate": (Decimal("12345.67"), Decimal("12345.67")),
    }
    card = wording.card(found["agreed_funds"], periods.named("month"))
    assert (card.text, card.unit) == ("1.23", "万元")
    assert found["agreed_funds"].value == 1.234567
    assert found["funds_paid_rate"].value == 100.0
    community = values_of(cast.secretary)
    assert (community["agreed_projects"].numerator, community["engaged_units"].numerator) == (0, 1)
    assert not values_of(cast.sibling)["engaged_units"].numerator
    assert all(value.definition for value in (row.figure for row in found.values()))


@pytest.mark.parametrize("reader", READERS)
def test_each_opens_exactly_its_rows(cast, agreed, sign_in, reader):
    user = getattr(cast, reader)
    client = sign_in(user)
    for code, value in values_of(user).items():
        page = client.get(value.rows_page)
        assert page.status_code == 200, code
        listed = page.context["table"].rows
        name = value.figure.total
        total = sum((getattr(row, name) for row in listed), Decimal(0)) if name else len(listed)
        assert total == value.numerator, code
        answer = client.get(value.rows_endpoint)
        assert len(answer.json()["results"]) == len(listed), code


def test_they_stand_on_the_dashboard_of_every_place_but_grids(cast, agreed, sign_in):
    for user, code in ((cast.district, ""), (cast.officer, cast.s1.code), (cast.secretary, cast.c1.code)):
        page = sign_in(user).get(f"/dashboard/other/?place={code}" if code else "/dashboard/other/").content.decode()
        assert "共建履约" in page
        assert "总完成率" in page
        assert "1.23 万元" in page
    assert "共建履约" not in sign_in(cast.leader).get("/dashboard/other/").content.decode()
    assert "共建履约" not in sign_in(cast.secretary).get(f"/dashboard/other/?place={cast.g1.code}").content.decode()
    answer = {row["code"]: row for row in sign_in(cast.officer).get("/api/v1/figures/").json()}
    assert answer["agreed_funds"]["value"] == 1.234567
    assert answer["agreed_funds"]["unit"] == "万元"


def test_all_of_them_cost_one_statement(cast, agreed, monkeypatch):
    mine = {figure.code: figure for figure in row_figures() if figure.code in CODES}
    monkeypatch.setattr(declared, "_declared", mine)
    user = type(cast.officer).objects.get(pk=cast.officer.pk)
    spot, period = spots.own(user), periods.named("month")
    with CaptureQueriesContext(connection) as sent:
        counted.count_rows(spot, period, user)
    assert len(sent) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.decimals("0.01", "9999999.99", places=2), max_size=12))
def test_sums_are_exact(talks, amounts):
    with talks() as covenant:
        rows = [
            Commitment(covenant=covenant, key=f"k{index}", kind="funds", title="x", amount=amount, due_on=made.day(0))
            for index, amount in enumerate(amounts)
        ]
        Commitment.objects.bulk_create(rows)
        mine = Commitment.objects.filter(covenant=covenant)
        assert totals([(mine, "amount"), (mine, "")], 10**7) == [sum(amounts, Decimal(0)), len(amounts)]


@pytest.fixture
def talks(cast):
    """A covenant whose commitments are forgotten again after each example."""
    covenant = made.negotiating(cast)

    @contextmanager
    def fresh():
        with transaction.atomic():
            yield covenant
            transaction.set_rollback(True)

    return fresh


def test_every_row_figure_knows_its_registers_filters(cast):
    days = (made.day(-30), made.day(0))
    for figure in row_figures():
        for side in figure.sides:
            where = {"street": {cast.s1.pk}, "community": {cast.c1.pk}}
            for level, keys in where.items():
                assert figure.rows(side, cast.district, {level: keys}, days).count() >= 0


def test_figures_of_a_district_period_do_not_move_with_it(cast, agreed):
    """They are of the present moment: another period shows the same."""
    user, spot = cast.district, spots.own(cast.district)
    year = periods.from_query(QueryDict(f"from={made.day(-300)}&to={made.day(-200)}"))
    before = {
        row.figure.code: row.numerator for row in counted.count_rows(spot, year, user) if row.figure.code in CODES
    }
    assert before == {code: value.numerator for code, value in values_of(user).items()}

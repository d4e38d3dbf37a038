"""Figures counted from rows of registers equal what the registers list, for every place and reader."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.places.models import GridPost
from suzhou_portal.dashboards.figures import of_rows as counted
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.registers import figures as row_figures
from suzhou_portal.lib.registers.figures import RowFigure
from suzhou_portal.lib.time import periods

pytestmark = pytest.mark.dialect
IN_OFFICE = RowFigure(
    code="leaders_in_office_share",
    name="在任占比",
    group="试验",
    unit="%",
    register="grid-posts",
    numerator={"current": "true"},
    denominator={},
    definition="在任的网格长 ÷ 名册所列。",
    dated=False,
)
READERS = ("district", "officer", "other_officer", "secretary", "sibling", "leader", "area_leader")


@pytest.fixture
def in_office(monkeypatch):
    """One figure, declared for the time of a test."""
    row_figures.row_figures()  # found before, so that the patch takes none away with it
    monkeypatch.setattr(row_figures, "_declared", {IN_OFFICE.code: IN_OFFICE})
    return IN_OFFICE


@pytest.fixture
def terms(cast):
    """Five terms in three communities, two of them ended."""
    today = timezone.localdate()
    for number, grid in enumerate((cast.g1, cast.compound, cast.building, cast.g2, cast.g3)):
        ends = today - timedelta(days=1) if grid in (cast.compound, cast.g3) else None
        term = GridPost(grid=grid, name=f"网格长{number}", starts=today - timedelta(days=9), ends=ends)
        term.full_clean()
        term.save()


@pytest.mark.parametrize("reader", READERS)
def test_a_figure_counts_what_its_page_and_its_endpoint_list(cast, in_office, terms, sign_in, reader):
    user = getattr(cast, reader)
    client, period = sign_in(user), periods.named("month")
    spot = spots.own(user)
    (value,) = counted.count_rows(spot, period, user)
    page = client.get(value.rows_page)
    assert page.status_code == 200
    assert len(page.context["table"].rows) == value.numerator
    answer = client.get(value.rows_endpoint)
    assert len(answer.json()["results"]) == value.numerator
    assert "from" not in parse_qs(urlsplit(value.rows_page).query), "a figure of the moment has no period"


def test_the_figure_stands_on_the_dashboard_and_in_the_api(cast, in_office, terms, sign_in):
    client = sign_in(cast.officer)
    assert "/dashboard/other/?place=" in client.get("/dashboard/").content.decode()
    page = client.get("/dashboard/other/")
    assert "在任占比" in page.content.decode()
    answer = {row["code"]: row for row in client.get("/api/v1/figures/").json()}
    row = answer[IN_OFFICE.code]
    assert (row["numerator"], row["denominator"], row["value"]) == (3, 4, None), "four are too few for a rate"
    assert row["definition"] == IN_OFFICE.definition


def test_all_figures_cost_one_statement(cast, in_office, terms):
    user = type(cast.officer).objects.get(pk=cast.officer.pk)
    spot, period = spots.own(user), periods.named("month")
    with CaptureQueriesContext(connection) as sent:
        counted.count_rows(spot, period, user)
    assert len(sent) == 1


def test_readers_without_the_right_get_no_figure(cast, in_office, terms):
    period = periods.named("month")
    assert counted.count_rows(spots.own(cast.district), period, cast.security) == []


def test_a_figure_over_unknown_parameters_is_refused(cast):
    days = (timezone.localdate() - timedelta(days=1), timezone.localdate())
    wrong = RowFigure("x", "x", "x", "件", "grid-posts", {"nothing": "1"}, "x")
    with pytest.raises(ImproperlyConfigured, match="nothing"):
        wrong.rows(wrong.numerator, cast.district, {}, days)

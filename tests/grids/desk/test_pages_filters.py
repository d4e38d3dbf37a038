"""The one filter of issues: every parameter checked, in scope, and exact."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.lists.filters import IssueFilter
from grids.tallies.measures import MEASURES
from tests import factories as make

pytestmark = pytest.mark.dialect


def apply(user, **params):
    rows = Issue.objects.visible_to(user, "issues.view")
    return IssueFilter(params, queryset=rows, request=SimpleNamespace(user=user))


def found(user, **params):
    chosen = apply(user, **params)
    assert chosen.is_valid(), chosen.errors
    return sorted(issue.description for issue in chosen.qs)


@pytest.fixture
def issues(cast):
    make.make_issue(cast.secretary, cast.compound, cast.lamp, "甲路灯")
    make.make_issue(cast.secretary, cast.c1, cast.litter, "乙垃圾")
    make.make_issue(cast.sibling, cast.sibling_compound, cast.lamp, "丙路灯")
    old = make.make_issue(cast.secretary, cast.g1, cast.parking, "丁停车")
    Issue.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=400))
    return cast


def test_places_mean_themselves_and_what_lies_below(issues):
    cast = issues
    assert found(cast.officer, street=cast.s1.code) == ["丙路灯", "乙垃圾", "甲路灯"]
    assert found(cast.officer, community=cast.c1.code) == ["乙垃圾", "甲路灯"]
    assert found(cast.officer, grid=cast.g1.code) == ["甲路灯"]
    assert found(cast.officer, grid=cast.building.code) == []


def test_a_group_of_categories_means_all_its_kinds(issues):
    cast = issues
    assert found(cast.officer, category="01") == ["丙路灯", "甲路灯"]
    assert found(cast.officer, category="0201") == ["乙垃圾"]


def test_search_status_level_and_number(issues):
    cast = issues
    assert found(cast.secretary, q="路灯") == ["甲路灯"]
    assert found(cast.secretary, status=["accepted"], level="community") == ["乙垃圾", "甲路灯"]
    old = Issue.objects.get(description="丁停车")
    assert found(cast.secretary, q=old.number.lower()) == ["丁停车"]


def test_without_a_bound_the_list_reaches_back_a_year(issues):
    cast = issues
    assert "丁停车" not in found(cast.secretary)
    assert "丁停车" in found(cast.secretary, queue="open")
    assert "丁停车" in found(cast.secretary, **{"from": "2020-01-01"})


def test_days_are_cut_in_local_time_and_include_both_ends(issues):
    cast = issues
    today = timezone.localdate().isoformat()
    assert len(found(cast.secretary, **{"from": today, "to": today})) == 2
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert found(cast.secretary, **{"from": yesterday, "to": yesterday}) == []


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_every_measure_can_be_asked_for(issues, measure):
    cast = issues
    day = timezone.localdate().isoformat()
    rows = found(cast.secretary, measure=measure, **{"from": day, "to": day})
    assert rows == (["乙垃圾", "甲路灯"] if measure == "reported" else [])


def test_queues_by_role(issues):
    cast = issues
    issue = Issue.objects.get(description="甲路灯")
    assert "甲路灯" in found(cast.secretary, queue="todo")
    assert found(cast.officer, queue="todo") == []
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    assert "甲路灯" not in found(cast.secretary, queue="todo")
    assert found(cast.department, queue="todo") == ["甲路灯"]
    for keeper in (cast.secretary, cast.officer, cast.district):
        assert found(keeper, queue="sent") == ["甲路灯"]
    assert found(cast.sibling, queue="sent") == []
    assert found(cast.department, queue="sent") == []
    assert found(cast.area_leader, queue="todo") == []
    assert found(cast.officer, queue="sent", organisation="D01") == ["甲路灯"]


def test_lights(issues):
    cast = issues
    Issue.objects.filter(description="甲路灯").update(due_at=timezone.now() - timedelta(hours=1))
    assert found(cast.secretary, light="overdue") == ["甲路灯"]
    assert found(cast.secretary, queue="overdue") == ["甲路灯"]


def test_empty_values_mean_no_filter(issues):
    empty = dict.fromkeys(["q", "queue", "street", "grid", "category", "light", "from", "to", "measure"], "")
    assert found(issues.secretary, status=[""], **empty) == ["乙垃圾", "甲路灯"]


BAD = [
    {"street": "620902009"},
    {"street": "x\x00y"},
    {"community": "620902001003"},  # the sibling's
    {"grid": "1' OR 1=1"},
    {"category": "99"},
    {"status": ["closed", "nonsense"]},
    {"light": "green"},
    {"level": "nation"},
    {"severity": "9"},
    {"organisation": "U02"},
    {"queue": "others"},
    {"measure": "everything"},
    {"from": "yesterday"},
    {"from": "0001-01-01"},
    {"to": "9999-12-31"},
    {"from": "2026-02-02", "to": "2026-02-01"},
    {"q": "长" * 61},
    {"q": "a\x00"},
]


@pytest.mark.parametrize("params", BAD, ids=[str(index) for index in range(len(BAD))])
def test_bad_values_are_errors_in_chinese(issues, params):
    chosen = apply(issues.secretary, **params)
    assert not chosen.is_valid()
    messages = [str(text) for errors in chosen.errors.values() for text in errors]
    assert messages
    assert all(any("一" <= letter <= "鿿" for letter in text) for text in messages)

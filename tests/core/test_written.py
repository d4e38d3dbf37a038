"""Statements that are written once per reader: another reader, another moment, another row, changed parameters."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count, Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covenants.deliveries.parameters import REMIND_DAYS
from grids.issues.models import Issue
from grids.places.models import Grid
from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.lib.cases.todo import todo_of
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.rows.written import written, written_rows, written_sums
from suzhou_portal.rules.models import Parameter
from tests import factories as make
from tests.covenants import made

SAMPLE = 987_654_321
pytestmark = pytest.mark.dialect


def fresh(user):
    return type(user).objects.get(pk=user.pk)


def test_nobody_is_answered_by_what_was_written_for_another(cast):
    mine = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for user, found in (
        (cast.secretary, [mine.pk]),
        (cast.sibling, []),
        (cast.officer, []),
        (cast.secretary, [mine.pk]),
    ):
        assert [task.pk for task in todo_of(fresh(user), 9).tasks] == found
    grids = site["grids"]
    assert grids.find(cast.secretary, cast.g1.code) == cast.g1
    assert grids.find(cast.sibling, cast.g1.code) is None
    assert grids.find(cast.officer, cast.g1.code) == cast.g1


def test_a_post_that_ends_or_begins_counts_at_once(cast):
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    assert len(todo_of(fresh(cast.secretary), 9).tasks) == 1
    assert todo_of(fresh(cast.nobody), 9).tasks == []
    make.give_post(cast.nobody, Role.COMMUNITY, cast.c1)
    assert len(todo_of(fresh(cast.nobody), 9).tasks) == 1
    cast.secretary.assignments.all().delete()
    assert todo_of(fresh(cast.secretary), 9).tasks == []
    assert site["grids"].find(fresh(cast.secretary), cast.g1.code) is None


def test_a_grid_that_is_added_below_counts_at_once(cast):
    assert site["grids"].find(fresh(cast.leader), cast.building.code) == cast.building
    below = make.make_grid(cast.compound, 2)
    assert site["grids"].find(fresh(cast.leader), below.code) == below
    cast.area.grids.add(cast.g2)
    assert site["grids"].find(fresh(cast.area_leader), cast.sibling_compound.code) == cast.sibling_compound
    cast.area.grids.remove(cast.g2)
    assert site["grids"].find(fresh(cast.area_leader), cast.sibling_compound.code) is None


def test_the_moment_is_that_of_the_question(cast, monkeypatch):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    soon = timezone.now() + timedelta(minutes=5)
    Issue.objects.filter(pk=issue.pk).update(due_at=soon)

    def late():
        return {line.text: line.count for line in waiting_for(fresh(cast.secretary))}.get("超期")

    assert late() is None
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(minutes=6))
    assert late() == "1"


def test_a_changed_parameter_changes_what_was_written(cast):
    made.signed(cast, made.some_terms(made.task(due=20)))

    def soon():
        return [line.text for line in waiting_for(fresh(cast.liaison)) if "临期" in line.text]

    assert soon() == []
    row = Parameter.objects.get(code=REMIND_DAYS)
    row.value = 30
    row.save()
    assert soon() == ["临期的约定事项"]


def test_it_is_written_once_and_asked_with_other_keys(cast):
    def build():
        return Grid.objects.visible_to(cast.officer, Verb.PLACES_VIEW).select_related("community").filter(pk=SAMPLE)

    def grid(key):
        found = written_rows("test.grid", cast.officer, build, samples=(SAMPLE,), values=(key,))
        return found[0] if found else None

    assert grid(cast.g1.pk) == cast.g1
    with CaptureQueriesContext(connection) as sent:
        second = grid(cast.g2.pk)
        assert (second.name, second.community.name) == (cast.g2.name, cast.c2.name)
    assert len(sent) == 1
    assert grid(cast.g3.pk) is None  # in another street


def test_sums_are_those_of_aggregate_also_of_nothing(cast):
    sums = {"n": Count("pk"), "chats": Sum("group_chats")}

    def found(key):
        rows = Grid.objects.filter(community=SAMPLE)
        return written_sums("test.sums", cast.officer, lambda: (rows, sums), key, samples=(SAMPLE,))

    assert found(cast.c1.pk) == Grid.objects.filter(community=cast.c1).aggregate(**sums)
    assert found(0) == Grid.objects.filter(community=0).aggregate(**sums) == {"n": 0, "chats": None}


def test_a_statement_that_can_have_no_rows_is_not_sent(cast):
    statement = written("test.none", cast.officer, lambda: ("", [], None))
    with CaptureQueriesContext(connection) as sent:
        assert statement.rows() == []
    assert not len(sent)

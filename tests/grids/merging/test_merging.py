"""合并 and 撤销合并."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from tests import factories as make

pytestmark = pytest.mark.dialect
CHANGED = {"version", "merged_into_id", "merged_status", "merged_holder"}


def state(issue):
    issue = Issue.objects.get(pk=issue.pk)
    return {field.attname: getattr(issue, field.attname) for field in Issue._meta.concrete_fields} | {"version": None}


def merged(cast, **where):
    main = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    other = make.make_issue(cast.leader, cast.g1, cast.lamp, **where)
    return main, WORKFLOW.apply(other, "merge", by=cast.secretary, inputs={"into": main.number.lower()})


def test_a_duplicate_goes_into_the_first_report(cast):
    main, other = merged(cast)
    assert (other.status, other.holder, other.merged_into) == (Status.MERGED, "", main)
    assert [t.action for t in WORKFLOW.available(other, cast.secretary)] == ["unmerge"]
    assert WORKFLOW.available(other, cast.sibling) == []


def test_taking_the_merge_back_restores_the_issue(cast):
    main = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    other = make.make_issue(cast.secretary, cast.g1, cast.lamp)
    other = WORKFLOW.apply(other, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    before = state(other)
    other = WORKFLOW.apply(other, "merge", by=cast.secretary, inputs={"into": main.number})
    other = WORKFLOW.apply(other, "unmerge", by=cast.secretary, inputs={"note": "不是一回事"})
    assert state(other) == before


def test_only_open_wholes_of_the_same_community_take_duplicates(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    foreign = make.make_issue(cast.sibling, cast.c2, cast.lamp)
    closed = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    WORKFLOW.apply(closed, "void", by=cast.secretary, inputs={"note": "错"})
    for wrong in (foreign.number, closed.number, issue.number, "SZ-1999-000001", "x"):
        with pytest.raises(ValidationError) as caught:
            WORKFLOW.apply(issue, "merge", by=cast.officer, inputs={"into": wrong})
        assert "into" in caught.value.message_dict


def test_an_issue_that_took_duplicates_is_not_merged_itself(cast):
    main, _other = merged(cast)
    third = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with pytest.raises(ValidationError, match="已有重复件"):
        WORKFLOW.apply(main, "merge", by=cast.secretary, inputs={"into": third.number})


def test_two_issues_merged_into_each_other_at_once_do_not_both_vanish(live_cast, on_postgresql):
    cast = live_cast
    first = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    second = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    barrier, outcomes = threading.Barrier(2), []

    def merge(one, other):
        barrier.wait()
        try:
            WORKFLOW.apply(one, "merge", by=cast.secretary, inputs={"into": other.number})
            outcomes.append("merged")
        except ValidationError:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=merge, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 2
    assert Issue.objects.filter(status=Status.MERGED).count() == outcomes.count("merged") <= 1


def test_an_overdue_first_report_does_not_vanish_in_a_fresh_one(cast):
    first = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    late = timezone.now() - timedelta(days=2)
    Issue.objects.filter(pk=first.pk).update(created_at=late - timedelta(days=9), warn_at=late, due_at=late)
    fresh = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with pytest.raises(ValidationError, match="先报且已超期"):
        WORKFLOW.apply(first, "merge", by=cast.secretary, inputs={"into": fresh.number})
    merged_other_way = WORKFLOW.apply(fresh, "merge", by=cast.secretary, inputs={"into": first.number})
    assert merged_other_way.merged_into == first

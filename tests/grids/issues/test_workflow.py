"""The run of an issue through its table."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.issues.inputs import organisations_for
from grids.issues.models import Issue, IssueEvent, Status
from grids.issues.workflow import WORKFLOW
from grids.tallies.models import IssueDelta
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make


def names(issue, user):
    return [transition.action for transition in WORKFLOW.available(issue, user)]


def test_the_main_road_from_report_to_closure(cast):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    assert (issue.status, issue.level, issue.holder) == (Status.ACCEPTED, "community", "community")
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "今日处理"})
    assert (issue.status, issue.holder, issue.organisation) == (Status.DISPATCHED, "organisation", cast.law)
    issue = WORKFLOW.apply(issue, "start", by=cast.department)
    issue = WORKFLOW.apply(issue, "answer", by=cast.department, inputs={"note": "已修复"})
    assert (issue.status, issue.holder) == (Status.ANSWERED, "community")
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    assert (issue.status, issue.closed_level) == (Status.CLOSED, "community")
    assert [event.action for event in issue.events.all()] == ["report", "dispatch", "start", "answer", "close"]
    assert AuditEntry.objects.filter(object_type="grids.issue", object_id=str(issue.pk)).count() == 5


def test_a_grid_leaders_report_waits_for_the_community_when_it_starts_there(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    assert (issue.status, issue.level) == (Status.REPORTED, "community")
    assert names(issue, cast.leader) == ["void"]
    assert "accept" in names(issue, cast.secretary)


def test_who_reported_by_mistake_may_void_it_until_it_is_accepted(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    accepted = WORKFLOW.apply(make.make_issue(cast.leader, cast.building, cast.lamp), "accept", by=cast.secretary)
    assert names(accepted, cast.leader) == []
    assert WORKFLOW.apply(issue, "void", by=cast.leader, inputs={"note": "报错了"}).status == Status.VOID
    assert names(Issue.objects.get(pk=issue.pk), cast.leader) == []


def test_who_reported_does_not_void_what_others_have_taken_up(cast):
    escalated = make.make_issue(cast.leader, cast.building, cast.litter)
    escalated = WORKFLOW.apply(escalated, "escalate", by=cast.leader, inputs={"note": "办不了"})
    supervised = make.make_issue(cast.leader, cast.building, cast.lamp)
    supervised = WORKFLOW.apply(supervised, "supervise", by=cast.officer, inputs={"note": "抓紧"})
    given_up = make.make_issue(cast.area_leader, cast.building, cast.lamp)
    given_up = WORKFLOW.apply(given_up, "accept", by=cast.secretary)
    given_up = WORKFLOW.apply(given_up, "correct", by=cast.officer, inputs={"severity": "major", "note": "重大"})
    Issue.objects.filter(pk=given_up.pk).update(status=Status.REPORTED)  # as a correction to another place leaves it
    for issue in (escalated, supervised, given_up):
        issue.refresh_from_db()
        assert issue.status == Status.REPORTED
        assert "void" not in names(issue, issue.reporter)
        with pytest.raises(ActionForbidden):
            WORKFLOW.apply(issue, "void", by=issue.reporter, inputs={"note": "不报了"})
    assert "void" in names(escalated, cast.secretary)


def test_who_dispatched_may_take_it_back_while_the_unit_is_at_it(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    issue = WORKFLOW.apply(issue, "start", by=cast.department)
    issue = WORKFLOW.apply(issue, "recall", by=cast.secretary)
    assert (issue.status, issue.holder, issue.organisation) == (Status.ACCEPTED, "community", None)
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
    assert "recall" not in names(issue, cast.secretary)


def test_a_grid_leader_is_offered_no_steps_to_other_levels(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.litter)
    assert (issue.level, "take" in names(issue, cast.leader)) == ("grid", True)
    assert "assign_grid" not in names(issue, cast.leader)
    assert "assign_grid" in names(issue, cast.secretary)
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    assert "recall" not in names(issue, cast.leader)
    assert "recall" in names(issue, cast.secretary)


def test_siblings_and_strangers_may_do_nothing(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for user in (cast.sibling, cast.other_officer, cast.department, cast.liaison, cast.auditor, cast.nobody):
        assert names(issue, user) == []
    with pytest.raises(ActionForbidden):
        WORKFLOW.apply(issue, "escalate", by=cast.sibling, inputs={"note": "x"})


def test_escalation_climbs_to_the_district_and_can_come_back(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for by, level in ((cast.secretary, "street"), (cast.officer, "district")):
        issue = WORKFLOW.apply(issue, "escalate", by=by, inputs={"note": "解决不了"})
        assert (issue.status, issue.level, issue.holder) == (Status.REPORTED, level, level)
    assert names(issue, cast.officer) == []
    issue = WORKFLOW.apply(issue, "send_down", by=cast.district, inputs={"note": "由街道协调"})
    assert (issue.status, issue.level) == (Status.ACCEPTED, "street")


def test_missing_input_is_named_and_nothing_is_written(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    before = IssueEvent.objects.count(), AuditEntry.objects.count(), IssueDelta.objects.count()
    with pytest.raises(ValidationError) as caught:
        WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": ""})
    assert caught.value.message_dict == {"note": ["请填写原因。"]}
    issue.refresh_from_db()
    assert issue.version == 1
    assert before == (IssueEvent.objects.count(), AuditEntry.objects.count(), IssueDelta.objects.count())


def test_a_stale_version_is_refused(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    WORKFLOW.apply(issue, "take", by=cast.secretary, version=1)
    with pytest.raises(StaleVersion):
        WORKFLOW.apply(issue, "dispatch", by=cast.officer, version=1, inputs={"organisation": cast.law.pk})
    with pytest.raises(ActionNotPossible):
        WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})


def test_a_foreign_organisation_cannot_be_chosen(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with pytest.raises(ValidationError) as caught:
        WORKFLOW.apply(issue, "dispatch", by=cast.secretary, inputs={"organisation": cast.foreign_unit.pk})
    assert caught.value.message_dict == {"organisation": ["没有这个单位，请重新选择。"]}


def test_departments_are_called_in_by_the_street_not_by_the_community(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    assert set(organisations_for(issue, cast.secretary)) == {cast.unit_org}
    assert set(organisations_for(issue, cast.officer)) == {cast.law, cast.water, cast.unit_org}
    with pytest.raises(ValidationError):
        WORKFLOW.apply(issue, "dispatch", by=cast.secretary, inputs={"organisation": cast.law.pk})


def test_rework_and_reopening_are_counted(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
    issue = WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "好了"})
    issue = WORKFLOW.apply(issue, "redo", by=cast.secretary, inputs={"note": "没好"})
    assert (issue.status, issue.rework_count, issue.holder) == (Status.HANDLING, 1, "community")
    issue = WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "真好了"})
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    issue = WORKFLOW.apply(issue, "reopen", by=cast.secretary, inputs={"note": "又坏了"})
    assert (issue.status, issue.closed_at) == (Status.ACCEPTED, None)
    assert issue.reopened_at is not None


def test_the_next_holder_is_told_but_not_the_actor(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    message = OutboxMessage.objects.get()
    assert message.audience == {"roles": ["community_secretary"], "community": cast.c1.pk}
    assert message.except_user == cast.leader
    WORKFLOW.apply(issue, "dispatch", by=cast.secretary, inputs={"organisation": cast.unit_org.pk})
    assert OutboxMessage.objects.order_by("-id").first().audience["organisation"] == cast.unit_org.pk


def test_the_queue_of_each_user_is_what_waits_for_them(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    queues = {
        user.username: list(Issue.objects.in_hand_of(user.scope_for()))
        for user in (cast.secretary, cast.sibling, cast.officer, cast.leader, cast.department, cast.district)
    }
    assert queues == {**dict.fromkeys(queues, []), "community.1": [issue]}


def test_lights_follow_the_stored_times(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    assert issue.light == "normal"
    for shift, light in ((issue.warn_at, "soon"), (issue.due_at, "overdue")):
        moment = shift + timedelta(seconds=1)
        assert list(Issue.objects.with_light(light, moment)) == [issue]
        assert [x for x in ("normal", "soon", "overdue") if Issue.objects.with_light(x, moment)] == [light]
    assert issue.warn_at < issue.due_at
    assert issue.due_at > timezone.now()


def test_the_same_submission_twice_is_one_issue(cast):
    key = "7c3f9a52-6d0e-4f4b-9c37-0a5f6c7d8e9f"
    first = make.make_issue(cast.secretary, cast.c1, cast.lamp, submission_key=key)
    again = make.make_issue(cast.secretary, cast.c1, cast.lamp, submission_key=key)
    assert first.pk == again.pk
    assert Issue.objects.count() == 1


def test_search_finds_two_characters_words_and_numbers(cast):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, "建设路口路灯不亮，夜里很黑")
    make.make_issue(cast.secretary, cast.compound, cast.litter, "楼道堆放杂物")
    for query in ("路灯", "夜里很黑", issue.number, "小区 路灯", "建设路口"):
        found = list(Issue.objects.matching(query))
        assert issue in found, query
    assert list(Issue.objects.matching("路口灯")) == []
    assert list(Issue.objects.matching("%%%")) == []

"""Overdue issues climb by themselves, with a 督办单 that wants an answer."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from grids.supervision import services as sweep
from grids.supervision.models import Supervision
from grids.supervision.register import to_answer
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.rows.records import ActionForbidden
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make

pytestmark = pytest.mark.dialect
AGO = timedelta(days=30)


def ripen(issue):
    """Let the time to climb have come."""
    now = timezone.now()
    Issue.objects.filter(pk=issue.pk).update(
        warn_at=now - AGO, due_at=now - AGO, climb_at=now - timedelta(minutes=1), told_light="overdue"
    )
    return Issue.objects.get(pk=issue.pk)


def actions(issue, user):
    return [transition.action for transition in WORKFLOW.available(Issue.objects.get(pk=issue.pk), user)]


def test_an_overdue_issue_climbs_to_the_district_one_level_per_grace(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.litter)
    seen = []
    for _ in range(3):
        issue = ripen(issue)
        assert sweep.climb() == 1
        assert sweep.climb() == 0, "safe to run twice"
        issue.refresh_from_db()
        seen.append((issue.level, issue.holder, issue.status))
    assert seen == [(level, level, Status.REPORTED) for level in ("community", "street", "district")]
    letters = list(Supervision.objects.order_by("id").values_list("level", "addressee"))
    assert letters == [("community", "grid"), ("street", "community"), ("district", "street")]
    ripen(issue)
    assert sweep.climb() == 0, "there is nobody above the district"


def test_the_district_presses_a_department_once(cast):
    issue = make.make_issue(cast.district, cast.c1, cast.lamp)
    for action in ("escalate", "escalate"):
        issue = WORKFLOW.apply(issue, action, by=cast.district, inputs={"note": "区里协调"})
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.district, inputs={"organisation": cast.law.pk})
    ripen(issue)
    assert (sweep.climb(), sweep.climb()) == (1, 0)
    letter = Supervision.objects.get()
    assert (letter.level, letter.organisation) == ("district", cast.law)
    issue.refresh_from_db()
    assert issue.climb_at is None


def test_after_days_of_silence_it_climbs_one_level_only(cast):
    issue = ripen(make.make_issue(cast.leader, cast.building, cast.litter))
    Issue.objects.filter(pk=issue.pk).update(climb_at=timezone.now() - timedelta(days=20))
    assert sweep.climb() == 1
    issue.refresh_from_db()
    assert issue.level == "community"
    assert issue.climb_at > timezone.now()


def test_what_is_being_worked_on_stays_where_it_is(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    ripen(issue)
    sweep.climb()
    issue.refresh_from_db()
    assert (issue.level, issue.holder, issue.organisation, issue.status) == (
        "street", "organisation", cast.law, Status.DISPATCHED,
    )  # fmt: skip
    letter = Supervision.objects.get()
    assert (letter.addressee, letter.organisation, letter.level) == ("organisation", cast.law, "street")
    assert letter.number.startswith("DB-")
    assert letter.due_at > timezone.now()
    asked = OutboxMessage.objects.filter(title__contains=f"督办单 {letter.number}").get()
    assert asked.audience["organisation"] == cast.law.pk


def test_the_reply_ends_the_letter_and_puts_off_the_next_climb(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    ripen(issue)
    sweep.climb()
    assert "reply" in actions(issue, cast.department)
    assert "reply" in actions(issue, cast.secretary)
    assert "reply" not in actions(issue, cast.officer)
    day = timezone.localdate() + timedelta(days=3)
    issue = WORKFLOW.apply(
        issue, "reply", by=cast.department, inputs={"note": "缺配件，已订货", "promised_on": day.isoformat()}
    )
    letter = Supervision.objects.get()
    assert (letter.reply, letter.promised_on, letter.replied_by) == ("缺配件，已订货", day, cast.department)
    assert letter.state == "已回复"
    assert issue.supervised_level == ""
    assert timezone.localdate(issue.climb_at) > day
    assert "reply" not in actions(issue, cast.department)


def test_a_promise_must_lie_ahead(cast):
    issue = ripen(make.make_issue(cast.secretary, cast.c1, cast.lamp))
    sweep.climb()
    with pytest.raises(ValidationError) as caught:
        WORKFLOW.apply(issue, "reply", by=cast.secretary, inputs={"note": "x", "promised_on": "2020-01-01"})
    assert "promised_on" in caught.value.message_dict


def test_a_level_above_sends_and_withdraws_letters_by_hand(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    assert "supervise" not in actions(issue, cast.secretary)
    issue = WORKFLOW.apply(issue, "supervise", by=cast.officer, inputs={"note": "居民多次反映", "demand": "三日内"})
    letter = Supervision.objects.get()
    assert (letter.level, letter.addressee, letter.issued_by, letter.demand) == (
        "street", "community", cast.officer, "三日内",
    )  # fmt: skip
    with pytest.raises(ActionForbidden):
        WORKFLOW.apply(issue, "withdraw_letter", by=cast.secretary, inputs={"note": "x"})
    WORKFLOW.apply(issue, "withdraw_letter", by=cast.district, inputs={"note": "误发"})
    letter.refresh_from_db()
    assert letter.state == "已撤销"


def test_closing_settles_the_letter_and_whoever_sent_it_is_told(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = WORKFLOW.apply(issue, "supervise", by=cast.officer, inputs={"note": "催"})
    for action in ("take", "answer", "close"):
        issue = WORKFLOW.apply(issue, action, by=cast.secretary, inputs={"note": "好了"})
    issue.refresh_from_db()
    letter = Supervision.objects.get()
    assert (letter.state, letter.reply, issue.supervised_level) == ("已办结销号", "", "")
    assert not {"reply", "withdraw_letter"} & set(actions(issue, cast.secretary))
    assert not site["supervisions"].due.sweep(Supervision, timezone.now() + timedelta(days=30))
    told = OutboxMessage.objects.get(title__contains="督办单随之销号")
    assert (told.audience["street"], told.except_user) == (cast.s1.pk, cast.secretary)


def test_holders_are_reminded_once_when_yellow_and_once_when_red(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    now = timezone.now()
    before = OutboxMessage.objects.count()
    Issue.objects.filter(pk=issue.pk).update(warn_at=now - AGO, due_at=now + AGO)
    assert (sweep.remind(), sweep.remind()) == (1, 0)
    Issue.objects.filter(pk=issue.pk).update(due_at=now - timedelta(minutes=1))
    assert (sweep.remind(), sweep.remind()) == (1, 0)
    told = list(OutboxMessage.objects.order_by("id").values_list("title", flat=True)[before:])
    assert "将到期" in told[0]
    assert "已超期" in told[1]


def test_who_sent_the_letter_is_told_once_that_the_reply_is_overdue(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    WORKFLOW.apply(issue, "supervise", by=cast.officer, inputs={"note": "催"})
    Supervision.objects.update(due_at=timezone.now() - timedelta(hours=1))
    asks_again = site["supervisions"].due
    assert (asks_again.sweep(Supervision), asks_again.sweep(Supervision)) == (1, 0)
    assert OutboxMessage.objects.filter(title__contains="逾期未回复", audience__street=cast.s1.pk).count() == 1


def test_a_letter_waits_for_those_it_asks_until_they_answer(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    WORKFLOW.apply(issue, "supervise", by=cast.officer, inputs={"note": "催"})

    def lines(user):
        return {line.text: line.url for line in waiting_for(user)}

    assert lines(cast.secretary)["待回复的督办单"] == "/grids/supervisions/?waiting=reply"
    assert [row.issue for row in site["supervisions"].rows(cast.secretary).filter(to_answer(cast.secretary))] == [issue]
    for user in (cast.officer, cast.sibling, cast.leader, cast.department):
        assert "待回复的督办单" not in lines(user)
    WORKFLOW.apply(issue, "reply", by=cast.secretary, inputs={"note": "已安排"})
    assert "待回复的督办单" not in lines(cast.secretary)


def test_a_letter_to_an_organisation_waits_for_it_alone(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.secretary, inputs={"organisation": cast.unit_org.pk})
    WORKFLOW.apply(issue, "supervise", by=cast.officer, inputs={"note": "催"})
    assert "待回复的督办单" in [line.text for line in waiting_for(cast.liaison)]
    for user in (cast.secretary, cast.department):
        assert "待回复的督办单" not in [line.text for line in waiting_for(user)]


def test_what_waits_for_a_decision_is_told_to_whoever_decides(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    until = timezone.localdate() + timedelta(days=9)
    WORKFLOW.apply(issue, "ask_suspension", by=cast.secretary, inputs={"until": until.isoformat(), "note": "待停暖"})
    assert [line.url for line in waiting_for(cast.officer) if line.text == "待我审批"] == ["/issues/?queue=deciding"]
    assert "待我审批" not in [line.text for line in waiting_for(cast.secretary)]


def test_closed_issues_do_not_climb(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for action in ("take", "answer", "close"):
        issue = WORKFLOW.apply(issue, action, by=cast.secretary, inputs={"note": "好了"})
    ripen(issue)
    assert (sweep.climb(), sweep.remind()) == (0, 0)


def test_a_new_limit_is_a_new_time_to_climb(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    assert issue.climb_at > issue.due_at


@pytest.mark.parametrize(("end", "status"), [("merge", Status.MERGED), ("void", Status.VOID)])
def test_a_letter_outlives_a_merge_and_a_voiding(cast, end, status):
    issues = [make.make_issue(cast.secretary, cast.compound, cast.lamp) for _ in range(3)]
    for issue in issues[:2]:
        issue = WORKFLOW.apply(issue, "supervise", by=cast.district, inputs={"note": "抓紧"})
        inputs = {"into": issues[2].number} if end == "merge" else {"note": "误报"}
        WORKFLOW.apply(issue, end, by=cast.secretary, inputs=inputs)
    replied = WORKFLOW.apply(issues[0], "reply", by=cast.secretary, inputs={"note": "并入另一件办理"})
    withdrawn = WORKFLOW.apply(issues[1], "withdraw_letter", by=cast.district, inputs={"note": "不必回复"})
    for issue in (replied, withdrawn):
        assert (issue.status, issue.supervised_level) == (status, "")
        assert not issue.supervisions.get().is_waiting

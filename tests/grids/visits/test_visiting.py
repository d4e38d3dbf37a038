"""回访: closed issues wait for a call; what is heard counts, is told, and may open the issue again."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.changes import services as grid_changes
from grids.issues.models import Issue, IssueEvent
from grids.issues.workflow import WORKFLOW
from grids.lists.queues import QUEUES
from grids.reporters.models import Contact
from grids.reporters.services import remove_contact
from grids.tallies import services as tallies
from grids.visits.models import ReturnVisit
from grids.visits.parameters import VISIT_DAYS
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import OutboxMessage
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.models import Parameter
from suzhou_portal.templatetags.portal import short_time
from tests import factories as make

GOOD = {"reached": "true", "responded": "true", "resolved": "true", "satisfaction": "satisfied"}
BAD = {"reached": "true", "responded": "true", "resolved": "false", "satisfaction": "dissatisfied"}
NOBODY = {"reached": "false"}


def closed(cast, source="hotline", by=None, place=None, **fields):
    """An issue that the community has closed."""
    issue = make.make_issue(by or cast.secretary, place or cast.compound, cast.lamp, source=source, **fields)
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
    issue = WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "已修好"})
    return WORKFLOW.apply(issue, "close", by=cast.secretary)


def visit(issue, by, **inputs):
    return WORKFLOW.apply(issue, "visit", by=by, inputs=inputs)


def waiting(user):
    return list(QUEUES["visits"].rows(Issue.objects.visible_to(user), user).values_list("pk", flat=True))


def actions(issue, user):
    return [transition.action for transition in WORKFLOW.available(Issue.objects.get(pk=issue.pk), user)]


def test_a_closed_hotline_issue_waits_some_working_days_for_a_visit(cast):
    Parameter.objects.filter(code=VISIT_DAYS).update(value=3)
    issue = closed(cast)
    assert issue.visit_until == calendar().add_working_days(issue.closed_at, 3)
    assert closed(cast, source="grid").visit_until is None
    for user in (cast.secretary, cast.officer, cast.district):
        assert waiting(user) == [issue.pk]
    for user in (cast.sibling, cast.other_officer, cast.leader, cast.area_leader, cast.department):
        assert waiting(user) == []
    Issue.objects.filter(pk=issue.pk).update(visit_until=timezone.now() - timedelta(minutes=1))
    assert waiting(cast.secretary) == [], "too late"


def test_who_left_a_contact_is_visited_too_also_with_a_duplicate(cast):
    contact = Contact(name="张先生", phone="13800005678")
    assert closed(cast, source="grid", contact=contact).visit_until is not None
    main = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    double = make.make_issue(cast.secretary, cast.compound, cast.lamp, source="hotline")
    WORKFLOW.apply(double, "merge", by=cast.secretary, inputs={"into": main.number})
    for action in ("take", "answer", "close"):
        main = WORKFLOW.apply(main, action, by=cast.secretary, inputs={"note": "好了"})
    assert main.visit_until is not None


def test_erasing_a_contact_reaches_the_remarks_of_visits(cast):
    issue = closed(cast, source="grid", contact=Contact(name="张建国", phone="13800005678"))
    visit(issue, cast.secretary, **GOOD, note="张建国说路灯亮了")
    remove_contact(issue, by=cast.secretary)
    assert "张建国" not in ReturnVisit.objects.get().note
    assert "张建国" not in IssueEvent.objects.latest("id").note


def test_what_the_reporter_says_is_kept_and_told(cast):
    issue = visit(closed(cast), cast.secretary, **GOOD, note="路灯亮了")
    record = ReturnVisit.objects.get()
    assert (record.by, record.at, record.words, record.note) == (
        cast.secretary, issue.visited_at, "已解决，满意", "路灯亮了",
    )  # fmt: skip
    assert (record.street, record.community, record.grid) == (cast.s1, cast.c1, cast.compound)
    event = IssueEvent.objects.latest("id")
    assert (event.action, event.note) == ("visit", "已解决，满意。路灯亮了")
    assert (issue.status, issue.visit_until) == ("closed", None)
    assert waiting(cast.secretary) == []


def test_an_attempt_in_vain_leaves_it_waiting_and_counts(cast):
    issue = closed(cast)
    for attempt in (1, 2):
        issue = visit(issue, cast.secretary, **NOBODY)
        assert issue.visit_attempts == attempt
        assert IssueEvent.objects.latest("id").note == f"未联系上（第 {attempt} 次）"
    assert issue.visited_at is None
    assert waiting(cast.secretary) == [issue.pk]
    assert visit(issue, cast.officer, **GOOD).visit_satisfaction == "satisfied"
    assert ReturnVisit.objects.filter(reached=False).count() == 2


@pytest.mark.parametrize("missing", ["reached", "responded", "resolved", "satisfaction"])
def test_of_a_reporter_who_was_reached_every_answer_is_asked(cast, missing):
    issue = closed(cast)
    with pytest.raises(ValidationError) as refused:
        visit(issue, cast.secretary, **{**GOOD, missing: ""})
    assert list(refused.value.message_dict) == [missing]
    assert not ReturnVisit.objects.exists()


def test_answers_of_one_who_was_not_reached_are_not_taken(cast):
    visit(closed(cast), cast.secretary, **{**GOOD, **NOBODY})
    record = ReturnVisit.objects.get()
    assert (record.responded, record.resolved, record.satisfaction) == (None, None, "")


def test_a_complaint_opens_the_issue_again_in_the_same_stroke(cast):
    issue = visit(closed(cast), cast.secretary, **BAD, note="夜里又灭了", reopen="on")
    assert (issue.status, issue.holder, issue.closed_at) == ("accepted", "community", None)
    assert issue.version == Issue.objects.get().version == IssueEvent.objects.count()
    steps = list(IssueEvent.objects.order_by("id").values_list("action", "note"))[-2:]
    assert steps == [("visit", "未解决，不满意。夜里又灭了"), ("reopen", "回访：未解决，不满意。夜里又灭了")]
    assert (issue.visit_resolved, issue.visit_satisfaction) == (False, "dissatisfied"), "stays in the rates"


def test_after_a_complaint_reopening_is_the_next_thing_to_do(cast):
    issue = closed(cast)
    assert [t.action for t in WORKFLOW.available(issue, cast.secretary) if t.is_primary(issue)] == ["visit"]
    issue = visit(issue, cast.secretary, **BAD)
    assert [t.action for t in WORKFLOW.available(issue, cast.secretary) if t.is_primary(issue)] == ["reopen"]


def test_once_asked_it_is_asked_again_after_the_next_closure_and_the_last_answer_counts(cast):
    issue = visit(closed(cast, source="grid"), cast.secretary, **BAD, reopen="on")
    assert issue.visit_until is None
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
    issue = WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "换了灯"})
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    assert waiting(cast.secretary) == [issue.pk]
    issue = visit(issue, cast.secretary, **GOOD)
    assert (issue.visit_resolved, issue.visit_satisfaction) == (True, "satisfied")
    assert ReturnVisit.objects.count() == 2


@pytest.mark.parametrize("answers", [GOOD, NOBODY])
def test_only_a_complaint_opens_again(cast, answers):
    with pytest.raises(ValidationError) as refused:
        visit(closed(cast), cast.secretary, **answers, reopen="on")
    assert list(refused.value.message_dict) == ["reopen"]
    assert not ReturnVisit.objects.exists()


def test_who_may_not_open_it_again_records_and_those_who_may_are_told(cast):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, source="hotline")
    issue = WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "请街道协调"})
    issue = WORKFLOW.apply(issue, "take", by=cast.officer)
    issue = WORKFLOW.apply(issue, "answer", by=cast.officer, inputs={"note": "已修好"})
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    with pytest.raises(ValidationError):
        visit(issue, cast.secretary, **BAD, reopen="on")
    OutboxMessage.objects.all().delete()
    visit(issue, cast.secretary, **BAD)
    assert "回访：未解决，不满意" in OutboxMessage.objects.get().title


def test_the_grid_does_not_ask_about_itself_nor_a_stranger_about_anything(cast):
    issue = closed(cast)
    for user in (cast.leader, cast.sibling, cast.area_leader, cast.department, cast.auditor):
        assert "visit" not in actions(issue, user)
        with pytest.raises(ActionForbidden):
            visit(issue, user, **GOOD)
    for user in (cast.secretary, cast.officer, cast.district):
        assert "visit" in actions(issue, user)


def test_open_issues_and_parts_are_not_visited(cast):
    issue = make.make_issue(cast.officer, cast.compound, cast.lamp, source="hotline")
    with pytest.raises(ActionNotPossible):
        visit(issue, cast.secretary, **GOOD)
    WORKFLOW.apply(issue, "split", by=cast.officer, inputs={"parts": "一\n二"})
    part = issue.parts.first()
    for action in ("take", "answer", "close"):
        part = WORKFLOW.apply(part, action, by=cast.officer, inputs={"note": "好了"})
    assert part.visit_until is None
    assert "visit" not in actions(part, cast.officer)


def test_visits_go_along_with_an_issue_that_moves_to_another_grid(cast):
    issue = visit(closed(cast), cast.secretary, **BAD, reopen="on")
    (moved,) = grid_changes.transfer(cast.compound, community=cast.c2, parent=cast.g2, by=cast.district).successors
    issue.refresh_from_db()
    assert issue.grid == moved
    assert ReturnVisit.objects.visible_to(cast.sibling).count() == 1
    assert not ReturnVisit.objects.visible_to(cast.secretary).exists()


# --- pages --------------------------------------------------------------------------------


def test_the_queue_shows_what_was_closed_when_by_whom(cast, sign_in):
    issue = closed(cast, description="3号楼前路灯不亮")
    page = sign_in(cast.secretary).get("/issues/?queue=visits").content.decode()
    assert "办结时间" in page
    assert "3号楼前路灯不亮" in page
    assert short_time(issue.closed_at) in page
    row = page[page.index(f'id="i{issue.pk}"') :].partition("</tr>")[0]
    assert cast.c1.name in row
    assert "待回访" in row
    visit(issue, cast.secretary, **NOBODY)
    assert "未接 1 次" in sign_in(cast.secretary).get("/issues/?queue=visits").content.decode()


def test_only_those_who_ask_see_the_queue(cast, sign_in):
    for user in (cast.secretary, cast.officer, cast.district):
        assert "待回访" in sign_in(user).get("/issues/").content.decode()
    for user in (cast.leader, cast.area_leader, cast.department):
        assert "待回访" not in sign_in(user).get("/issues/").content.decode()


def test_after_a_call_the_next_one_opens_until_the_queue_is_done(cast, sign_in):
    first, second = closed(cast), closed(cast)
    client, suffix = sign_in(cast.secretary), "?list=queue%3Dvisits"
    answer = client.post(f"/issues/{first.number}/visit/{suffix}", {**GOOD, "version": first.version})
    assert answer["Location"] == f"/issues/{second.number}/{suffix}"
    page = client.get(answer["Location"]).content.decode()
    assert f"{first.number} 已回访：已解决，满意" in page
    answer = client.post(f"/issues/{second.number}/visit/{suffix}", {**NOBODY, "version": second.version})
    assert answer["Location"] == f"/issues/?queue=visits#i{second.pk}"


def test_after_a_complaint_the_issue_stays_open_with_the_button_to_reopen(cast, sign_in):
    first, _second = closed(cast), closed(cast)
    client, suffix = sign_in(cast.secretary), "?list=queue%3Dvisits"
    answer = client.post(f"/issues/{first.number}/visit/{suffix}", {**BAD, "version": first.version})
    assert answer["Location"] == f"/issues/{first.number}/{suffix}"
    page = client.get(answer["Location"]).content.decode()
    assert '<summary class="btn btn-primary" aria-keyshortcuts="1">重开</summary>' in page
    assert "未解决，不满意" in page
    assert 'rel="next"' in page, "the queue goes on from here"


def test_errors_stand_beside_the_answers_that_are_missing(cast, sign_in):
    issue = closed(cast)
    answer = sign_in(cast.secretary).post(
        f"/issues/{issue.number}/visit/", {"reached": "true", "resolved": "true", "version": issue.version}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "请选择是否有人响应。" in page
    assert "请选择是否满意。" in page
    assert "请选择是否解决。" not in page


def test_the_issue_page_says_until_when_the_visit_is_due(cast, sign_in):
    issue = closed(cast)
    page = sign_in(cast.secretary).get(f"/issues/{issue.number}/").content.decode()
    assert f"待回访，{short_time(issue.visit_until)} 前" in page


def test_a_visit_sent_twice_is_one(cast, sign_in):
    issue = closed(cast)
    client = sign_in(cast.secretary)
    for _ in range(2):
        answer = client.post(f"/issues/{issue.number}/visit/", {**BAD, "reopen": "on", "version": issue.version})
        assert answer.status_code == 302
    assert ReturnVisit.objects.count() == 1


def test_the_list_finds_what_reporters_complained_of(cast, sign_in):
    good, bad = visit(closed(cast), cast.secretary, **GOOD), visit(closed(cast), cast.secretary, **BAD)
    client = sign_in(cast.secretary)
    found = {
        value: [row["number"] for row in client.get(f"/api/v1/issues/?visit={value}").json()["results"]]
        for value in ("done", "unresolved", "dissatisfied", "ignored")
    }
    assert found == {
        "done": [bad.number, good.number],
        "unresolved": [bad.number],
        "dissatisfied": [bad.number],
        "ignored": [],
    }


# --- API and figures ----------------------------------------------------------------------


def test_programs_record_visits_and_read_them(cast, sign_in):
    issue = closed(cast)
    client = sign_in(cast.secretary)
    before = client.get(f"/api/v1/issues/{issue.pk}/").json()
    assert before["visit"]["wanted_until"]
    assert before["visit"]["satisfaction"] is None
    inputs = next(row for row in before["available_actions"] if row["action"] == "visit")["inputs"]
    assert inputs["reached"]["type"] == "boolean"
    assert [choice["value"] for choice in inputs["satisfaction"]["choices"]] == ["satisfied", "fairly", "dissatisfied"]
    answer = client.post(
        f"/api/v1/issues/{issue.pk}/actions/visit/",
        {"reached": True, "responded": False, "resolved": True, "satisfaction": "fairly", "version": issue.version},
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert answer.json()["visit"] | {"at": None} == {
        "wanted_until": None, "attempts": 0, "at": None,
        "responded": False, "resolved": True, "satisfaction": "fairly",
    }  # fmt: skip
    assert answer.json()["events"][-1]["note"] == "已解决，基本满意，办理中无人响应"


def test_the_three_rates_count_those_who_were_reached(cast, sign_in):
    for answers in (GOOD, GOOD, {**BAD, "satisfaction": "fairly"}, {**BAD, "responded": "false"}, NOBODY):
        visit(closed(cast), cast.secretary, **answers)
    tallies.fold_deltas()
    rows = {row["code"]: row for row in sign_in(cast.district).get("/api/v1/figures/").json()}
    counted = {code: (rows[code]["numerator"], rows[code]["denominator"]) for code in rows if "rate" in code}
    assert counted["response_rate"] == (3, 4)
    assert counted["solution_rate"] == (2, 4)
    assert counted["satisfaction_rate"] == (3, 4)
    assert rows["visited"]["numerator"] == 4
    assert rows["solution_rate"]["value"] is None, "too few to speak of a rate"
    assert "基本满意" in rows["satisfaction_rate"]["definition"]
    page = sign_in(cast.district).get("/dashboard/").content.decode()
    assert "诉求回访" in page
    assert "measure=satisfied" in page


def test_reopening_does_not_mend_the_rates(cast):
    visit(closed(cast), cast.secretary, **BAD, reopen="on")
    tallies.fold_deltas()
    totals = tallies.IssueDayTally.objects.get(place_code="620902", day=timezone.localdate())
    assert (totals.visited, totals.resolved, totals.satisfied) == (1, 0, 0)
    tallies.rebuild_tallies()
    totals = tallies.IssueDayTally.objects.get(place_code="620902", day=timezone.localdate())
    assert (totals.visited, totals.resolved, totals.satisfied) == (1, 0, 0)


def test_the_record_of_visits_is_a_register_in_scope(cast, sign_in):
    issue = visit(closed(cast), cast.secretary, **BAD, note="夜里又灭了")
    rows = sign_in(cast.officer).get("/api/v1/return-visits/?resolved=false").json()["results"]
    assert [(row["satisfaction"], row["note"]) for row in rows] == [("dissatisfied", "夜里又灭了")]
    page = sign_in(cast.secretary).get("/grids/return-visits/").content.decode()
    assert issue.number in page
    assert issue.number not in sign_in(cast.sibling).get("/grids/return-visits/").content.decode()
    assert sign_in(cast.system).get("/grids/return-visits/").status_code == 403

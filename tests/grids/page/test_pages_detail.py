"""The issue page: what one sees, what one may press, and what happens when two press at once."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.issues.models import Issue, Status
from grids.issues.words import working_words
from grids.issues.workflow import WORKFLOW
from grids.page.wording import clock_words
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import GIVEN
from suzhou_portal.lib.time.worktime import SHANGHAI
from suzhou_portal.rules.calendars import calendar
from tests import factories as make


@pytest.fixture
def issue(cast):
    return make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯不亮")


def page(issue, action=""):
    return f"/issues/{issue.number}/" + (f"{action}/" if action else "")


def buttons(answer):
    return [action.transition.action for action in answer.context["actions"]]


def test_the_page_tells_the_story_and_offers_what_the_user_may_do(cast, sign_in, issue):
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "请于今日处理"})
    answer = sign_in(cast.secretary).get(page(issue))
    text = " ".join(answer.content.decode().split())
    for words in (
        "门口路灯不亮",
        "第1街道 第1社区2 1号小区",
        "还剩",
        "派办给 城管执法队：请于今日处理",
        cast.officer.name,
    ):
        assert words in text
    assert [step.who for step in answer.context["steps"]] == [
        f"{cast.c1.name} {cast.secretary.name}",
        f"{cast.s1.name} {cast.officer.name}",
    ]
    assert "recall" in buttons(answer)
    assert buttons(sign_in(cast.department).get(page(issue))) == ["answer", "start", "return"]


def test_scope_decides_between_not_found_and_refused(cast, sign_in, issue):
    for user in (cast.sibling, cast.other_officer, cast.department, cast.liaison, cast.sibling_leader):
        client = sign_in(user)
        assert client.get(page(issue)).status_code == 404
        assert client.post(page(issue, "take"), {"version": 1}).status_code == 404
    for user in (cast.auditor, cast.nobody):
        assert sign_in(user).get(page(issue)).status_code == 403
    leader = sign_in(cast.leader)
    assert leader.get(page(issue)).status_code == 200
    assert leader.post(page(issue, "take"), {"version": 1}).status_code == 403
    assert leader.get("/issues/SZ-2026-999999/").status_code == 404
    assert sign_in(cast.secretary).post(page(issue, "no-such"), {"version": 1}).status_code == 404


def test_the_main_road_through_the_pages(cast, sign_in, issue):
    steps = (
        (cast.officer, "dispatch", {"organisation": cast.law.pk, "note": "今日"}),
        (cast.department, "answer", {"note": "已更换灯泡"}),
        (cast.secretary, "close", {"note": ""}),
    )
    for version, (user, action, inputs) in enumerate(steps, start=1):
        answer = sign_in(user).post(page(issue, action), {"version": version, **inputs}, follow=True)
        assert answer.status_code == 200
        assert f"{issue.number} 已" in answer.content.decode()
    issue.refresh_from_db()
    assert (issue.status, issue.version) == (Status.CLOSED, 4)


def test_missing_inputs_are_named_in_place_and_what_was_typed_stays(cast, sign_in, issue):
    answer = sign_in(cast.officer).post(page(issue, "dispatch"), {"version": 1, "note": "请于今日处理"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "请选择承办单位。" in text
    assert "请于今日处理" in text
    assert [action.transition.action for action in answer.context["actions"] if action.is_open] == ["dispatch"]
    foreign = sign_in(cast.secretary).post(
        page(issue, "dispatch"), {"version": 1, "organisation": cast.foreign_unit.pk}
    )
    assert foreign.status_code == 422


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 400),
        ({"version": "x"}, 400),
        ({"version": "9" * 30}, 400),
        ({"version": "1", "organisation": "x\x00", "note": ""}, 422),
        ({"version": "1", "organisation": "9" * 30, "note": ""}, 422),
        ({"version": "1", "organisation": "1", "note": "长" * 501}, 422),
        ({"version": "1", "organisation": "1", "note": "\x00"}, 422),
        ({"version": "7", "organisation": "1", "note": ""}, 409),
    ],
)
def test_bad_input_never_breaks(cast, sign_in, issue, values, status):
    assert sign_in(cast.officer).post(page(issue, "dispatch"), values).status_code == status


def test_a_lost_race_is_told_and_nothing_typed_is_lost(cast, sign_in, issue):
    WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "本级解决不了"})
    values = {"version": 1, "organisation": cast.law.pk, "note": "我写的要求"}
    answer = sign_in(cast.officer).post(page(issue, "dispatch"), values)
    text = " ".join(answer.content.decode().split())
    assert answer.status_code == 409
    assert f"{cast.c1.name} {cast.secretary.name}" in text
    assert "升级到街道：本级解决不了" in text
    assert "我写的要求" in text
    assert "仍要派办给单位" in text
    again = sign_in(cast.officer).post(page(issue, "dispatch"), {**values, "version": answer.context["version"]})
    assert again.status_code == 302
    issue.refresh_from_db()
    assert issue.organisation == cast.law


def test_when_the_step_is_no_longer_possible_the_text_is_shown_for_keeping(cast, sign_in, issue):
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    answer = sign_in(cast.officer).post(
        page(issue, "dispatch"), {"version": 1, "organisation": cast.law.pk, "note": "我写的"}
    )
    assert answer.status_code == 409
    assert "已不能派办给单位" in answer.content.decode()
    assert answer.context["typed"] == [("承办单位", str(cast.law)), ("要求", "我写的")]


def test_after_a_step_it_is_said_who_has_the_issue_now(cast, sign_in, issue):
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    answer = sign_in(cast.department).post(page(issue, "answer"), {"version": 2, "note": "已修复"}, follow=True)
    assert f"{issue.number} 已反馈办理结果，现由{cast.c1}核查。" in answer.content.decode()


def test_the_same_step_sent_twice_is_one_step_and_no_conflict(cast, sign_in, issue):
    client = sign_in(cast.officer)
    values = {"version": 1, "organisation": cast.law.pk, "note": ""}
    assert client.post(page(issue, "dispatch"), values).status_code == 302
    assert client.post(page(issue, "dispatch"), values).status_code == 302
    assert issue.events.count() == 2


def test_another_order_from_a_second_tab_is_told_and_not_dropped(cast, sign_in, issue):
    client = sign_in(cast.officer)
    values = {"version": 1, "organisation": cast.law.pk, "note": ""}
    assert client.post(page(issue, "dispatch"), values).status_code == 302
    for other in ({"organisation": cast.water.pk}, {"note": "请先派人看"}):
        answer = client.post(page(issue, "dispatch"), {**values, **other})
        assert answer.status_code == 409
    assert "请先派人看" in answer.content.decode()
    assert issue.events.count() == 2


def test_what_was_sent_tells_nothing_in_the_trail(cast, sign_in, issue):
    values = {"version": 1, "organisation": cast.law.pk, "note": "请于今日处理"}
    sign_in(cast.officer).post(page(issue, "dispatch"), values)
    entry = AuditEntry.objects.filter(action="issue.dispatch").get()
    assert re.fullmatch("[0-9a-f]{16}", entry.changes[GIVEN])
    shown = sign_in(cast.auditor).get(f"/audit/{entry.pk}/").content.decode()
    assert entry.changes[GIVEN] not in shown


def test_a_step_without_a_version_says_what_is_missing(cast, sign_in, issue):
    answer = sign_in(cast.officer).post(page(issue, "take"), {"note": ""})
    assert answer.status_code == 400
    assert "缺少版本号，请刷新页面后再办。" in answer.content.decode()


def test_a_personal_number_is_flagged_until_confirmed(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    values = {"version": 1, "note": "请联系 13812345678"}
    answer = client.post(page(issue, "take"), values)
    assert answer.status_code == 422
    assert "疑似含手机号（138***678）" in answer.content.decode()
    assert client.post(page(issue, "take"), {**values, "not_personal": "on"}).status_code == 302


def test_a_unit_that_gives_an_issue_back_is_led_to_its_list(cast, sign_in, issue):
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    answer = sign_in(cast.department).post(page(issue, "return"), {"version": 2, "note": "不属我方"}, follow=True)
    assert answer.redirect_chain == [("/issues/?queue=todo", 302)]
    assert f"{issue.number} 已退回" in answer.content.decode()


def test_the_list_goes_along_with_its_neighbours(cast, sign_in):
    issues = [make.make_issue(cast.secretary, cast.compound, cast.lamp, f"第{index}件") for index in range(3)]
    make.make_issue(cast.secretary, cast.compound, cast.litter, "别的")
    client = sign_in(cast.secretary)
    answer = client.get(page(issues[1]), {"list": "category=0102"})
    around, way = answer.context["onward"], "?list=category%3D0102"
    assert (around.previous, around.next) == (page(issues[2]) + way, page(issues[0]) + way)
    assert around.back == f"/issues/?category=0102#i{issues[1].pk}"
    assert client.get(page(issues[0]), {"list": "category=0102"}).context["onward"].next == ""
    for nonsense in ("status=%00", "&&==", "x" * 5000, "after=zzz"):
        assert client.get(page(issues[1]), {"list": nonsense}).status_code == 200
    done = client.post(page(issues[1], "take") + "?list=category%3D0102", {"version": 1, "note": ""})
    assert done.url == f"/issues/{issues[1].number}/?list=category%3D0102"


def test_after_signing_in_again_the_action_is_open(cast, sign_in, issue):
    answer = sign_in(cast.officer).get(page(issue, "dispatch"))
    assert answer.url == f"/issues/{issue.number}/#act-dispatch"


def test_the_number_of_queries_does_not_grow_with_the_story(cast, sign_in, issue):
    def queries():
        client = sign_in(cast.officer)
        client.get(page(issue), {"list": "queue=open"})
        with CaptureQueriesContext(connection) as captured:
            client.get(page(issue), {"list": "queue=open"})
        return len(captured)

    few = queries()
    fresh = issue
    for _ in range(6):
        fresh = WORKFLOW.apply(fresh, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
        fresh = WORKFLOW.apply(fresh, "return", by=cast.department, inputs={"note": "退"})
    make.many_issues(cast.secretary, cast.compound, cast.lamp, 5)
    assert queries() <= few + 1  # once steps were taken, whether a need is under way
    assert few <= 17  # one of them: for whom nobody can sign in, among the choices


def test_working_time_in_words(cast):
    day = calendar().day_length(timezone.localdate())
    assert working_words(timedelta(minutes=40)) == "40 分钟"
    assert working_words(timedelta(hours=3, minutes=20)) == "3 小时"
    assert working_words(2 * day + timedelta(hours=1)) == "2 个工作日 1 小时"


def test_the_clock_in_words(cast, issue):
    monday = datetime(2026, 11, 23, 17, 0, tzinfo=SHANGHAI)
    issue.warn_at, issue.due_at = monday - timedelta(hours=1), monday
    assert clock_words(issue, monday - timedelta(hours=2)) == "工作时间还剩 2 小时"
    assert clock_words(issue, monday) == "已过期限"
    assert clock_words(issue, monday + timedelta(days=1)) == "已超期 1 个工作日"
    issue.closed_at = monday - timedelta(hours=3)
    assert clock_words(issue) == "按期办结"
    issue.closed_at = monday + timedelta(minutes=30)
    assert clock_words(issue) == "超期 30 分钟办结"


def test_my_grid_is_for_those_who_have_one(cast, sign_in):
    mine = make.make_issue(cast.leader, cast.building, cast.litter, "楼道杂物")
    make.make_issue(cast.sibling_leader, cast.sibling_compound, cast.litter, "别处杂物")
    page = sign_in(cast.leader).get("/my-grid/")
    text = page.content.decode()
    assert cast.g1.name in text
    assert "楼道杂物" in text
    assert "别处杂物" not in text
    assert page.context["todo"].total == "1"
    area = sign_in(cast.area_leader).get("/my-grid/")
    assert cast.area.name in area.content.decode()
    assert {label: count for label, _url, count in area.context["counts"]}["在办"] == "1"
    assert mine.description in sign_in(cast.area_leader).get("/my-issues/?queue=open").content.decode()
    assert sign_in(cast.secretary).get("/my-grid/").url == "/issues/"
    assert sign_in(cast.nobody).get("/my-grid/").status_code == 403
    assert Issue.objects.count() == 2


def test_a_grid_leader_is_first_offered_to_handle_it(cast, sign_in):
    small = make.make_category("0199", "楼道照明", start_level="grid", limit=3)
    own = make.make_issue(cast.leader, cast.g1, small, "楼道灯不亮")
    answer = sign_in(cast.leader).get(page(own))
    assert own.level == "grid"
    assert buttons(answer)[0] == "take"
    assert [action.transition.action for action in answer.context["actions"] if action.is_main] == ["take"]
    assert buttons(sign_in(cast.secretary).get(page(own)))[0] != "take"

"""The pages and endpoints of the patrols: what the phone sends, what stands beside what, what costs how much."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.checklists.models import PatrolChecklist, PatrolItem
from grids.checklists.services import publish
from grids.findings.models import PatrolFinding
from grids.findings.photos import erase_due_photos
from grids.findings.services import Found, record_finding
from grids.findings.workflow import FINDINGS
from grids.issues.models import Issue
from grids.patrols import plans as patrol_plans
from grids.patrols import services as patrolling
from grids.patrols.models import Patrol, PatrolPlan, PatrolStop
from grids.patrols.services import start_patrol
from grids.patrols.workflow import PATROLS
from suzhou_portal.files.models import Attachment
from suzhou_portal.notices.digest import case_lines
from tests import factories as make
from tests.files.made import jpeg
from tests.grids.rounds.test_patrols import CONTENT, closed, found


@pytest.fixture
def checklist(cast):
    return publish(PatrolChecklist(starts=make.LONG_AGO, content=CONTENT, note="平台默认，可修改"), by=cast.district)


@pytest.fixture
def patrol(cast, checklist):
    return start_patrol(cast.area, by=cast.area_leader)


@pytest.fixture
def leader(cast, sign_in):
    return sign_in(cast.area_leader)


def page_of(patrol, *, item=1, handling=""):
    address = f"/patrols/{patrol.number}/stops/{patrol.stops.first().pk}/new/?item={item}"
    return f"{address}&handling={handling}" if handling else address


def test_the_area_leader_starts_from_the_plan_and_goes_on_where_it_stopped(cast, checklist, leader):
    patrol_plans.establish(PatrolPlan(area=cast.area, rhythm=7), by=cast.officer)
    home = leader.get("/patrols/").content.decode()
    assert "每周一次" in home
    assert "开始巡查（按计划路线）" in home
    answer = leader.post("/patrols/start/", {"area": cast.area.code})
    patrol = Patrol.objects.get()
    assert answer["Location"] == patrol.get_absolute_url()
    assert "继续巡查" in leader.get("/patrols/").content.decode()
    assert "继续巡查" in leader.get("/my-grid/").content.decode()
    assert leader.post("/patrols/start/", {"area": cast.sibling_area.code}).status_code == 404


def test_a_grid_is_looked_at_and_the_next_one_comes(cast, checklist, leader):
    patrol_plans.establish(PatrolPlan(area=cast.area, route=f"{cast.g1.code}\n{cast.compound.code}"), by=cast.officer)
    patrol = start_patrol(cast.area, by=cast.area_leader)
    first, second = patrol.stops.order_by("position")
    address = f"/patrols/{patrol.number}/stops/"
    shown = leader.get(f"{address}{first.pk}/").content.decode()
    for line in ("乱堆物料", "楼道不洁", "乱停车", "楼道照明", "看完，全部正常"):
        assert line in shown
    assert leader.post(f"{address}{first.pk}/", {"do": "look"})["Location"] == f"{address}{second.pk}/"
    assert leader.post(f"{address}{second.pk}/", {"do": "look"})["Location"] == patrol.get_absolute_url()
    leader.post(f"{address}{first.pk}/", {"do": "unlook"})
    assert PatrolStop.objects.filter(looked_on__isnull=False).get() == second


def test_a_finding_on_the_spot_with_photos_before_and_after(cast, patrol, leader):
    shown = leader.get(page_of(patrol)).content.decode()
    for way in ("即查即改", "交办社区", "街道督办"):
        assert way in shown
    files = {name: SimpleUploadedFile(f"{name}.jpg", jpeg()) for name in ("before", "after")}
    said = {"description": "堆放纸箱", "remedy": "当场清走", "place": cast.building.code}
    answer = leader.post(page_of(patrol, handling="on_spot"), {**said, **files}, follow=True)
    assert "已登记即查即改" in answer.content.decode()
    finding = PatrolFinding.objects.get()
    assert (finding.status, finding.grid) == ("fixed", cast.building)
    assert set(Attachment.objects.filter(owner_type="patrol-finding").values_list("stage", flat=True)) == {
        "before",
        "after",
    }
    detail = leader.get(finding.get_absolute_url()).content.decode()
    assert "处理前" in detail
    assert "更正" in detail


def test_mistakes_stand_beside_their_field_and_nothing_typed_is_lost(cast, patrol, leader):
    answer = leader.post(page_of(patrol, handling="on_spot"), {"description": "堆放纸箱"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "请填写现场是怎么整改的" in text
    assert "堆放纸箱" in text
    flagged = leader.post(page_of(patrol, handling="on_spot"), {"description": "找张三 13800005678", "remedy": "清走"})
    assert flagged.status_code == 422
    assert "not_personal" in flagged.content.decode()
    assert not PatrolFinding.objects.exists()


def test_the_form_of_a_patrol_that_has_ended_meanwhile_says_so(cast, patrol, leader):
    found(cast, patrol)
    PATROLS.apply(patrol, "end", by=cast.area_leader)
    answer = leader.post(page_of(patrol, handling="on_spot"), {"description": "又一处", "remedy": "清走"}, follow=True)
    assert "本次巡查已结束" in answer.content.decode()


def test_handing_over_leads_to_the_issue_and_the_issue_back_to_the_patrol(cast, patrol, leader, sign_in):
    said = {"description": "堆放纸箱", "category": cast.litter.code}
    answer = leader.post(page_of(patrol, handling="handed"), said, follow=True)
    issue = Issue.objects.get()
    assert issue.number in answer.content.decode()
    page = sign_in(cast.secretary).get(issue.get_absolute_url()).content.decode()
    assert "来自片区巡查" in page
    assert f"片区巡查 {patrol.number} 发现" in page, "in the timeline"
    finding = PatrolFinding.objects.get()
    closed(finding, cast.secretary)
    assert "确认整改" in leader.get("/my-grid/").content.decode()
    assert issue.number in leader.get("/patrols/").content.decode()
    finding.refresh_from_db()
    done = leader.post(
        f"/grids/patrol-findings/{finding.pk}/actions/return/", {"version": finding.version, "note": "没清完"}
    )
    assert done.status_code == 302
    issue.refresh_from_db()
    assert issue.status == "accepted"


def test_whoever_comes_second_sees_both_and_what_was_typed(cast, patrol, leader):
    finding = found(cast, patrol)
    said = {"item": finding.item_id, "description": "先改的", "remedy": "清走"}
    FINDINGS.apply(finding, "correct", by=cast.area_leader, inputs=said)
    answer = leader.post(
        f"/grids/patrol-findings/{finding.pk}/actions/correct/",
        {"version": finding.version, "item": finding.item_id, "description": "后改的", "remedy": "清走了"},
    )
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "后改的" in text
    assert "仍要更正吗" in text
    finding.refresh_from_db()
    assert finding.description == "先改的"


@pytest.mark.parametrize("who", ["officer", "secretary", "leader", "district"])
def test_others_read_a_patrol_and_cannot_walk_it(cast, patrol, sign_in, who):
    client = sign_in(getattr(cast, who))
    finding = found(cast, patrol)
    assert client.get(patrol.get_absolute_url()).status_code == 200
    assert client.get(finding.get_absolute_url()).status_code == 200
    assert client.get(f"/grids/patrols/{patrol.number}/documents/record/").status_code == 200
    assert client.get(page_of(patrol)).status_code == 403
    assert client.get("/patrols/").status_code == 403
    data = {"version": patrol.version}
    assert client.post(f"/grids/patrols/{patrol.number}/actions/end/", data).status_code == 403


def test_the_record_on_paper_says_what_was_looked_at_and_found(cast, patrol, leader):
    found(cast, patrol, description="堆放纸箱两处")
    text = leader.get(f"/grids/patrols/{patrol.number}/documents/record/").content.decode()
    for line in (patrol.number, "堆放纸箱两处", "即查即改：当场清走", "查看网格 1/1 个，发现问题 1 处，即查即改 1 处"):
        assert line in text


def test_the_record_as_pdf(cast, patrol, leader, needs_pdf):
    found(cast, patrol)
    answer = leader.get(f"/grids/patrols/{patrol.number}/documents/record/pdf/")
    assert b"".join(answer.streaming_content)[:5] == b"%PDF-"


def test_a_street_plans_and_the_district_edits_the_checklist(cast, checklist, sign_in):
    officer = sign_in(cast.officer)
    said = {"area": cast.area.code, "rhythm": 7, "route": cast.compound.code, "starts": "2026-01-01"}
    assert officer.post("/grids/patrol-plans/new/", said).status_code == 302
    plan = PatrolPlan.objects.get()
    assert plan.stops.get().grid == cast.compound
    route = f"{cast.g1.code}\n{cast.compound.code}"
    changed = {"version": plan.version, "rhythm": 14, "route": route, "note": ""}
    assert officer.post(f"/grids/patrol-plans/{plan.pk}/edit/", changed).status_code == 302
    assert [stop.grid for stop in plan.stops.order_by("position")] == [cast.g1, cast.compound]
    wrong = officer.post(f"/grids/patrol-plans/{plan.pk}/edit/", {**changed, "version": 2, "route": "没有"})
    assert wrong.status_code == 422
    assert "不是本片区的在用网格" in wrong.content.decode()
    district = sign_in(cast.district)
    assert "市容市貌：乱堆物料" in district.get("/grids/patrol-checklists/new/").content.decode()
    said = {"starts": "2026-01-02", "content": "环境卫生：新的一项", "note": "区级制定"}
    assert district.post("/grids/patrol-checklists/new/", said).status_code == 302
    assert PatrolChecklist.objects.in_force().items.get().name == "新的一项"
    assert officer.get("/grids/patrol-checklists/new/").status_code == 403
    assert district.get(f"/grids/patrol-checklists/{checklist.number}/edit/").status_code == 404
    assert "平台默认，可修改" in district.get("/grids/patrol-checklists/").content.decode()


def test_the_daily_digest_counts_what_waits_for_the_area_leader(cast, patrol):
    finding = found(cast, patrol, "handed")
    closed(finding, cast.secretary)
    today = timezone.localdate()
    patrol_plans.establish(
        PatrolPlan(area=cast.area, starts=today - timedelta(days=40), route=cast.compound.code), by=cast.officer
    )
    lines = case_lines([cast.area_leader, cast.secretary])
    assert [line.text for line in lines[cast.area_leader.pk]] == ["久未巡查的网格 1 个", "待确认整改的巡查发现 1 件"]
    assert set(lines) == {cast.area_leader.pk}


def test_photos_with_personal_data_go_some_months_after_the_patrol(cast, patrol):
    finding = found(cast, patrol)
    photo = make.make_attachment(finding, cast.area_leader, has_personal=True)
    plain = make.make_attachment(finding, cast.area_leader)
    PatrolFinding.objects.filter(pk=finding.pk).update(found_on=timezone.localdate() - timedelta(days=400))
    assert erase_due_photos() == 0, "not while the patrol is open"
    PATROLS.apply(patrol, "end", by=cast.area_leader)
    assert erase_due_photos() == 1
    photo.refresh_from_db()
    plain.refresh_from_db()
    assert photo.is_gone
    assert not plain.is_gone


# --- REST ---------------------------------------------------------------------------------


def send(client, address, data=None, **headers):
    return client.post(address, json.dumps(data or {}), content_type="application/json", headers=headers)


def test_a_program_walks_a_patrol(cast, checklist, leader):
    begun = send(leader, "/api/v1/patrols/", {"area": cast.area.code})
    assert begun.status_code == 201
    patrol = begun.json()
    assert patrol["status"] == "open"
    assert [action["action"] for action in patrol["available_actions"]] == ["end", "void"]
    assert send(leader, "/api/v1/patrols/", {"area": cast.area.code}).status_code == 200
    assert send(leader, "/api/v1/patrols/", {"area": cast.sibling_area.code}).status_code == 400
    at = f"/api/v1/patrols/{patrol['number']}/"
    looked = send(leader, f"{at}looks/", {"grid": cast.g1.code})
    assert looked.json()["progress"] == "1/1"
    said = {"patrol": patrol["number"], "grid": cast.g1.code, "item": 1, "description": "纸箱", "handling": "on_spot"}
    refused = send(leader, "/api/v1/patrol-findings/", said)
    assert refused.status_code == 400
    assert "remedy" in refused.json()["errors"]
    key = {"Idempotency-Key": "once"}
    made = send(leader, "/api/v1/patrol-findings/", {**said, "remedy": "清走", "place": cast.building.code}, **key)
    assert made.status_code == 201
    assert made.json()["status"] == "fixed"
    send(leader, "/api/v1/patrol-findings/", {**said, "remedy": "清走", "place": cast.building.code}, **key)
    assert PatrolFinding.objects.count() == 1
    act = f"/api/v1/patrol-findings/{made.json()['id']}/actions/withdraw/"
    assert send(leader, act, {"note": "错了", "version": 9}).status_code == 409
    assert send(leader, act, {"note": "错了", "version": 1}).json()["status"] == "withdrawn"
    assert send(leader, f"{at}actions/end/", {}).json()["status"] == "ended"


def test_others_get_403_or_404_from_the_endpoints(cast, patrol, sign_in):
    for user, status in ((cast.officer, 403), (cast.secretary, 403), (cast.department, 403)):
        assert send(sign_in(user), "/api/v1/patrols/", {"area": cast.area.code}).status_code == status
    at = f"/api/v1/patrols/{patrol.number}/"
    assert sign_in(cast.sibling).get(at).status_code == 404
    assert send(sign_in(cast.officer), f"{at}actions/end/").status_code == 403
    assert send(sign_in(cast.officer), f"{at}looks/", {"grid": cast.g1.code}).status_code in {400, 403}


# --- what it costs ------------------------------------------------------------------------


def fill(cast, checklist, patrols):
    """So many ended patrols with a finding each, and grids on the route."""
    item = PatrolItem.objects.get(checklist=checklist, position=1)
    for number in range(patrols):
        user = type(cast.area_leader).objects.get(pk=cast.area_leader.pk)
        patrol = start_patrol(cast.area, by=user)
        for stop in patrol.stops.all():
            patrolling.look(stop, by=user)
        record_finding(Found(patrol.stops.first(), item, f"问题{number}", "on_spot", "已改"), by=user)
        PATROLS.apply(patrol, "end", by=user)


ADDRESSES = (
    *("/patrols/", "/my-grid/", "/grids/patrols/", "/grids/patrol-findings/", "/grids/patrol-plans/"),
    *("/grids/patrol-route-grids/?overdue=false", "/api/v1/patrols/", "/api/v1/patrol-findings/"),
)


def test_queries_do_not_grow_with_the_rows(cast, checklist, leader):
    def costs():
        counted = {}
        for address in ADDRESSES:
            leader.get(address)
            with CaptureQueriesContext(connection) as sent:
                assert leader.get(address).status_code == 200
            counted[address] = len(sent)
        return counted

    patrol_plans.establish(PatrolPlan(area=cast.area, route=cast.g1.code), by=cast.officer)
    fill(cast, checklist, 2)
    few = costs()
    grids = [make.make_grid(cast.g1, number) for number in range(2, 20)]
    plan = PatrolPlan.objects.get()
    route = "\n".join(grid.code for grid in (cast.g1, *grids))
    patrol_plans.change(plan, {"route": route}, by=cast.officer, version=plan.version)
    fill(cast, checklist, 20)
    assert costs() == few


def test_the_page_of_a_patrol_costs_the_same_for_many_grids_and_findings(cast, checklist, leader):
    grids = [make.make_grid(cast.g1, number) for number in range(2, 30)]
    patrol = start_patrol(cast.area, by=cast.area_leader)
    found(cast, patrol)
    leader.get(patrol.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        leader.get(patrol.get_absolute_url())
    for index, grid in enumerate(grids):
        patrolling.add_stop(patrol, grid, by=cast.area_leader)
        found(cast, patrol, description=f"问题{index}")
    with CaptureQueriesContext(connection) as many:
        leader.get(patrol.get_absolute_url())
    assert len(many) == len(few)

"""片区巡查: from the checklist and the plan to a finding that is put right, here or as an issue, and confirmed."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from grids.checklists.models import PatrolChecklist, PatrolItem
from grids.checklists.services import DEFAULT_CONTENT, DEFAULT_NOTE, publish
from grids.findings.models import PatrolFinding
from grids.findings.services import Found, record_finding
from grids.findings.workflow import FINDINGS
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.patrols import plans as patrol_plans
from grids.patrols import services as patrolling
from grids.patrols.models import Patrol, PatrolPlan, PatrolPlanStop, PatrolStop
from grids.patrols.services import start_patrol
from grids.patrols.workflow import PATROLS
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make

CONTENT = "市容市貌：乱堆物料 0201\n环境卫生：楼道不洁\n交通秩序：乱停车 0301\n物业监管：楼道照明"


@pytest.fixture
def checklist(cast):
    return publish(PatrolChecklist(starts=make.LONG_AGO, content=CONTENT, note=DEFAULT_NOTE), by=cast.district)


@pytest.fixture
def patrol(cast, checklist):
    return start_patrol(cast.area, by=cast.area_leader)


def found(cast, patrol, handling="on_spot", position=1, description="2号楼前堆放纸箱", by=None, **fields):
    stop = patrol.stops.order_by("position").first()
    item = PatrolItem.objects.get(checklist=patrol.checklist_id, position=position)
    fields = {"remedy": "当场清走" if handling == "on_spot" else "", **fields}
    return record_finding(Found(stop, item, description, handling, **fields), by=by or cast.area_leader)


def closed(finding, by):
    """The issue of ``finding``, as ``by`` (its keeper) works it off."""
    issue = finding.issue
    for action in ("accept", "take", "answer", "close"):
        issue.refresh_from_db()
        if action in {transition.action for transition in WORKFLOW.available(issue, by)}:
            issue = WORKFLOW.apply(issue, action, by=by, inputs={"note": "已清走"})
    assert issue.status == "closed"
    return issue


def offered(finding, user):
    return [transition.action for transition in FINDINGS.available(PatrolFinding.objects.get(pk=finding.pk), user)]


# --- the checklist ------------------------------------------------------------------------


def test_the_default_checklist_has_ten_items_in_the_articles_four_fields_and_says_what_it_is(cast):
    for code in ("0104", "0101", "0202", "0303", "0401", "0404", "0902"):
        make.make_category(code, f"分类{code}")
    checklist = publish(PatrolChecklist(content=DEFAULT_CONTENT, note=DEFAULT_NOTE), by=None)
    items = list(checklist.items.all())
    assert len(items) == 10
    assert {item.get_field_display() for item in items} == {"市容市貌", "环境卫生", "交通秩序", "物业监管"}
    assert checklist.note == "平台默认，可修改"


def test_a_new_version_leaves_old_patrols_as_they_were(cast, checklist, patrol):
    finding = found(cast, patrol)
    new = publish(PatrolChecklist(content="环境卫生：新的一项"), by=cast.district)
    assert new.number == checklist.number + 1
    assert PatrolChecklist.objects.in_force() == new
    patrol.refresh_from_db()
    assert patrol.checklist == checklist
    assert finding.item.name == "乱堆物料"
    assert found(cast, patrol, position=2).item.checklist == checklist, "an open patrol keeps its list"
    foreign = Found(patrol.stops.first(), new.items.get(), "x", "on_spot", "y")
    with pytest.raises(ValidationError):
        record_finding(foreign, by=cast.area_leader)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "卫生：乱堆",
        "市容市貌 乱堆",
        "市容市貌：乱堆\n市容市貌：乱堆",
        "市容市貌：乱堆 9999",
        "市容市貌：" + "长" * 61,
    ],
)
def test_lines_that_are_no_items_are_refused_beside_the_field(cast, content):
    with pytest.raises(ValidationError) as refused:
        publish(PatrolChecklist(content=content), by=cast.district)
    assert "content" in refused.value.error_dict
    assert not PatrolChecklist.objects.exists()


# --- plans --------------------------------------------------------------------------------


def test_a_plan_has_an_ordered_route_and_a_new_one_ends_it(cast):
    today = timezone.localdate()
    old = patrol_plans.establish(PatrolPlan(area=cast.area, starts=today - timedelta(days=30)), by=cast.officer)
    assert [stop.grid for stop in old.stops.all()] == [cast.g1], "an empty route is all of the area"
    route = f"{cast.building.code}\n1号小区\n{cast.g1.code} 第1居民小组"
    plan = patrol_plans.establish(PatrolPlan(area=cast.area, rhythm=7, route=route), by=cast.officer)
    assert [stop.grid for stop in plan.stops.order_by("position")] == [cast.building, cast.compound, cast.g1]
    old.refresh_from_db()
    assert old.ends == today
    assert list(PatrolPlan.objects.in_force()) == [plan]


@pytest.mark.parametrize("line", ["没有的网格", "620902001003001"])
def test_a_route_leads_through_the_area_alone(cast, line):
    with pytest.raises(ValidationError) as refused:
        patrol_plans.establish(PatrolPlan(area=cast.area, route=line), by=cast.officer)
    assert "route" in refused.value.error_dict


def test_what_nobody_looked_at_for_longer_than_the_rhythm_waits(cast, checklist):
    today = timezone.localdate()
    plan = PatrolPlan(area=cast.area, rhythm=7, starts=today - timedelta(days=8), route=cast.g1.code)
    patrol_plans.establish(plan, by=cast.officer)

    def late():
        rows = patrol_plans.stops_in_force().filter(patrol_plans.overdue())
        return [stop.grid for stop in rows]

    assert late() == [cast.g1], "never looked at since the plan began"
    assert patrol_plans.remind() == patrol_plans.remind() == 1
    assert OutboxMessage.objects.filter(title__contains="超过巡查周期").count() == 1, "told once"
    patrol = start_patrol(cast.area, by=cast.area_leader)
    stop = patrolling.look(patrol.stops.get(), by=cast.area_leader)
    assert late() == []
    PatrolStop.objects.filter(pk=stop.pk).update(looked_on=today - timedelta(days=7))
    patrol_plans.note_looks([stop.grid_id])
    assert late() == [], "the seventh day is within a week"
    PatrolStop.objects.filter(pk=stop.pk).update(looked_on=today - timedelta(days=8))
    patrol_plans.note_looks([stop.grid_id])
    assert late() == [cast.g1]
    PatrolStop.objects.filter(pk=stop.pk).update(looked_on=today)
    patrol_plans.note_looks([stop.grid_id])
    PATROLS.apply(patrol, "void", by=cast.area_leader, inputs={"note": "误开始"})
    assert late() == [cast.g1], "a void patrol looked at nothing"


# --- the patrol ---------------------------------------------------------------------------


def test_a_patrol_follows_the_plan_or_goes_through_the_whole_area(cast, checklist):
    patrol_plans.establish(PatrolPlan(area=cast.area, route=f"{cast.building.code}\n{cast.g1.code}"), by=cast.officer)
    planned = start_patrol(cast.area, by=cast.area_leader)
    assert [stop.grid for stop in planned.stops.order_by("position")] == [cast.building, cast.g1]
    PATROLS.apply(planned, "void", by=cast.area_leader, inputs={"note": "换个走法"})
    free = start_patrol(cast.area, by=cast.area_leader, planned=False)
    assert [stop.grid for stop in free.stops.all()] == [cast.g1]
    assert free.plan is None
    added = patrolling.add_stop(free, cast.compound, by=cast.area_leader)
    assert added.position == 2
    with pytest.raises(ValidationError):
        patrolling.add_stop(free, cast.g2, by=cast.area_leader)


def test_two_leaders_of_an_area_walk_one_patrol_and_lose_nothing(cast, patrol):
    second = make.make_user("area.9", "area_leader", cast.area)
    assert start_patrol(cast.area, by=second) == patrol
    stop = patrol.stops.get()
    patrolling.look(stop, by=cast.area_leader)
    patrolling.look(stop, by=second)  # the same page, opened before: no conflict, no loss
    mine = found(cast, patrol)
    theirs = found(cast, patrol, position=2, by=second)
    assert mine != theirs
    said = {"item": mine.item_id, "description": "另一种说法", "remedy": "当场清走"}
    FINDINGS.apply(mine, "correct", by=second, version=mine.version, inputs=said)
    with pytest.raises(StaleVersion) as lost:
        FINDINGS.apply(mine, "correct", by=cast.area_leader, version=mine.version, inputs={**said, "remedy": "x"})
    assert lost.value.current.description == "另一种说法"


def test_only_the_leaders_of_the_area_walk_it(cast, patrol):
    sibling = make.make_user("area.2", "area_leader", cast.sibling_area)
    for user in (sibling, cast.officer, cast.secretary, cast.leader, cast.district):
        with pytest.raises(PermissionDenied):
            start_patrol(cast.area, by=user)
        with pytest.raises(PermissionDenied):
            patrolling.look(patrol.stops.get(), by=user)
        with pytest.raises(PermissionDenied):
            found(cast, patrol, by=user)
        with pytest.raises(ActionForbidden):
            PATROLS.apply(patrol, "end", by=user)


def test_a_patrol_ends_once_something_was_looked_at_and_is_closed_then(cast, patrol):
    with pytest.raises(ValidationError, match="还没有查看"):
        PATROLS.apply(patrol, "end", by=cast.area_leader)
    finding = found(cast, patrol)
    assert patrol.stops.get().looked_on == timezone.localdate(), "whoever found something looked"
    with pytest.raises(ValidationError, match="1 条发现"):
        PATROLS.apply(patrol, "void", by=cast.area_leader, inputs={"note": "误开始"})
    patrol = PATROLS.apply(patrol, "end", by=cast.area_leader, inputs={"note": "总体良好"})
    assert (patrol.status, patrol.ended_on) == ("ended", timezone.localdate())
    assert offered(finding, cast.area_leader) == []
    with pytest.raises(ValidationError, match="已结束"):
        found(cast, patrol, position=2)
    with pytest.raises(ActionNotPossible):
        FINDINGS.apply(finding, "withdraw", by=cast.area_leader, inputs={"note": "x"})
    assert start_patrol(cast.area, by=cast.area_leader) != patrol


def test_a_patrol_holds_days_and_no_movements():
    names = {field.name for model in (Patrol, PatrolStop) for field in model._meta.concrete_fields}
    assert not {name for name in names if "at" in name.split("_") or name in ("latitude", "longitude", "position_at")}
    kinds = {field.get_internal_type() for model in (Patrol, PatrolStop) for field in model._meta.concrete_fields}
    assert "DateTimeField" not in kinds


def test_findings_are_corrected_and_withdrawn_on_record_while_the_patrol_is_open(cast, patrol):
    finding = found(cast, patrol)
    item = PatrolItem.objects.get(checklist=patrol.checklist, position=2)
    said = {"item": item.pk, "description": "楼道有污渍", "remedy": "当场冲洗"}
    finding = FINDINGS.apply(finding, "correct", by=cast.area_leader, inputs=said)
    assert (finding.item, finding.description, finding.status) == (item, "楼道有污渍", "fixed")
    finding = FINDINGS.apply(finding, "withdraw", by=cast.area_leader, inputs={"note": "看错了"})
    assert finding.status == "withdrawn"
    actions = AuditEntry.objects.filter(object_type="grids.patrolfinding").values_list("action", flat=True)
    assert set(actions) == {"patrolfinding.find", "patrolfinding.correct", "patrolfinding.withdraw"}


def test_the_same_finding_sent_twice_is_stored_once(cast, patrol):
    first = found(cast, patrol, "handed")
    again = found(cast, patrol, "handed")  # after a lost answer, from a page opened anew
    assert again == first
    assert Issue.objects.count() == 1


def test_on_the_spot_needs_what_was_done_and_a_place_lies_in_the_grid(cast, patrol):
    with pytest.raises(ValidationError) as refused:
        found(cast, patrol, remedy=" ")
    assert "remedy" in refused.value.error_dict
    with pytest.raises(ValidationError) as refused:
        found(cast, patrol, place=cast.g2)
    assert "place" in refused.value.error_dict
    with pytest.raises(ValidationError) as refused:
        found(cast, patrol, "handed", position=2)  # an item without a category
    assert "category" in refused.value.error_dict
    assert found(cast, patrol, place=cast.building).grid == cast.building
    assert PatrolFinding.objects.count() == 1


# --- handing over -------------------------------------------------------------------------


def test_a_finding_handed_over_is_an_issue_of_the_community_and_comes_back_for_confirmation(cast, patrol):
    finding = found(cast, patrol, "handed")
    issue = finding.issue
    assert (issue.source, issue.level, issue.holder, issue.grid) == ("patrol", "community", "community", cast.g1)
    assert patrol.number in issue.events.get().note
    assert finding.status == "handed"
    PATROLS.apply(patrol, "end", by=cast.area_leader)
    closed(finding, cast.secretary)
    finding.refresh_from_db()
    assert finding.status == "waiting"
    told = OutboxMessage.objects.filter(title__contains="请确认整改").get()
    assert told.audience == {"roles": ["area_leader"], "area": cast.area.pk}
    assert offered(finding, cast.area_leader) == ["confirm", "return"]
    assert offered(finding, cast.officer) == ["confirm", "return"], "the street in their place"
    assert offered(finding, cast.secretary) == offered(finding, cast.other_officer) == []
    finding = FINDINGS.apply(finding, "confirm", by=cast.area_leader, inputs={"note": "现场看过"})
    assert (finding.status, finding.confirmed_on) == ("confirmed", timezone.localdate())
    issue.refresh_from_db()
    assert issue.status == "closed"
    assert issue.events.last().action == "found_fixed"


def test_with_supervision_it_is_the_streets(cast, patrol):
    issue = found(cast, patrol, "supervised").issue
    assert (issue.level, issue.holder) == ("street", "street")


def test_not_put_right_opens_the_issue_again_on_record(cast, patrol):
    finding = found(cast, patrol, "handed")
    closed(finding, cast.secretary)
    finding = FINDINGS.apply(
        PatrolFinding.objects.get(pk=finding.pk), "return", by=cast.area_leader, inputs={"note": "还有一半没清"}
    )
    issue = Issue.objects.get(pk=finding.issue_id)
    assert (finding.status, finding.returned) == ("handed", 1)
    assert (issue.status, issue.holder) == ("accepted", "community")
    assert issue.reopened_at is not None
    event = issue.events.last()
    assert (event.action, event.actor, event.note) == ("not_fixed", cast.area_leader, "还有一半没清")
    closed(finding, cast.secretary)
    finding.refresh_from_db()
    assert finding.status == "waiting", "and comes back again"


def test_the_issues_page_offers_the_same_to_the_area_leader(cast, patrol):
    finding = found(cast, patrol, "handed")
    issue = closed(finding, cast.secretary)
    sibling = make.make_user("area.2", "area_leader", cast.sibling_area)
    assert "not_fixed" in [t.action for t in WORKFLOW.available(issue, cast.area_leader)]
    assert "not_fixed" not in [t.action for t in WORKFLOW.available(issue, sibling)]
    WORKFLOW.apply(issue, "not_fixed", by=cast.area_leader, inputs={"note": "没清完"})
    finding.refresh_from_db()
    assert (finding.status, finding.returned) == ("handed", 1)


def test_who_opens_the_issue_again_calls_the_confirmation_off(cast, patrol):
    finding = found(cast, patrol, "handed")
    issue = closed(finding, cast.secretary)
    finding.refresh_from_db()
    finding = FINDINGS.apply(finding, "confirm", by=cast.area_leader)
    WORKFLOW.apply(issue, "reopen", by=cast.secretary, inputs={"note": "又堆上了"})
    finding.refresh_from_db()
    assert (finding.status, finding.confirmed_on, finding.returned) == ("handed", None, 0)


def test_a_duplicate_waits_for_the_main_issue_and_opens_that_one_again(cast, patrol):
    finding = found(cast, patrol, "handed")
    main = make.make_issue(cast.secretary, cast.g1, cast.litter, "楼前纸箱")
    WORKFLOW.apply(finding.issue, "merge", by=cast.secretary, inputs={"into": main.number, "note": "同一件"})
    finding.refresh_from_db()
    assert finding.status == "handed", "merged is not ended"
    for action in ("take", "answer", "close"):
        main = WORKFLOW.apply(main, action, by=cast.secretary, inputs={"note": "已清走"})
    finding.refresh_from_db()
    assert finding.status == "waiting"
    FINDINGS.apply(finding, "return", by=cast.area_leader, inputs={"note": "还在"})
    main.refresh_from_db()
    assert main.status == "accepted"
    assert main.events.last().action == "reopen_found", "no patrol found it: the portal, at their word"
    finding.refresh_from_db()
    assert (finding.status, finding.returned) == ("handed", 1)


def test_a_void_issue_can_be_handed_over_again(cast, patrol):
    finding = found(cast, patrol, "handed")
    first = finding.issue
    WORKFLOW.apply(first, "void", by=cast.secretary, inputs={"note": "没找到"})
    finding.refresh_from_db()
    assert finding.status == "waiting"
    assert offered(finding, cast.area_leader)[:2] == ["confirm", "rehand"]
    finding = FINDINGS.apply(finding, "rehand", by=cast.area_leader)
    assert finding.status == "handed"
    assert finding.issue != first
    assert Issue.objects.count() == 2


def test_withdrawing_what_nobody_has_accepted_voids_its_issue(cast, patrol):
    finding = found(cast, patrol, "handed")
    FINDINGS.apply(finding, "withdraw", by=cast.area_leader, inputs={"note": "看错了"})
    finding.issue.refresh_from_db()
    finding.refresh_from_db()
    assert (finding.status, finding.issue.status) == ("withdrawn", "void")
    other = found(cast, patrol, "handed")
    WORKFLOW.apply(other.issue, "accept", by=cast.secretary)
    with pytest.raises(ActionNotPossible):
        FINDINGS.apply(other, "withdraw", by=cast.area_leader, inputs={"note": "看错了"})


# --- scope --------------------------------------------------------------------------------


def test_everybody_sees_the_patrols_of_their_own_places(cast, patrol):
    finding = found(cast, patrol)
    plan = patrol_plans.establish(PatrolPlan(area=cast.area), by=cast.officer)
    sibling = make.make_user("area.2", "area_leader", cast.sibling_area)
    verb = "patrols.view"
    for user in (cast.district, cast.officer, cast.secretary, cast.leader, cast.area_leader):
        for model, row in ((Patrol, patrol), (PatrolPlan, plan), (PatrolFinding, finding)):
            assert list(model.objects.visible_to(user, verb)) == [row], (user, model)
        assert PatrolPlanStop.objects.visible_to(user, verb).count() == 1
    for user in (cast.other_officer, cast.sibling, cast.sibling_leader, sibling, cast.department, cast.auditor):
        for model in (Patrol, PatrolPlan, PatrolFinding, PatrolStop, PatrolPlanStop):
            assert not model.objects.visible_to(user, verb).exists(), (user, model)


def test_a_community_counts_its_own_grids_of_a_patrol_alone(cast, checklist):
    cast.area.grids.add(cast.g2)
    patrol = start_patrol(cast.area, by=cast.area_leader)
    first, second = patrol.stops.order_by("position")
    item = PatrolItem.objects.get(checklist=checklist, position=1)
    leader = type(cast.area_leader).objects.get(pk=cast.area_leader.pk)
    for stop in (first, second):
        record_finding(Found(stop, item, f"问题{stop.pk}", "on_spot", "已改"), by=leader)
    register = site["patrols"]
    for user, places in ((leader, 2), (cast.secretary, 1), (cast.sibling, 1), (cast.officer, 2)):
        row = register.rows(user).get()
        assert (row.places, row.looked, row.found, row.on_spot) == (places,) * 4

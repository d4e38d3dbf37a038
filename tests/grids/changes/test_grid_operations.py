"""Split, merge, transfer, close: form, preview, one confirmation, result; the same by program; nobody beyond scope."""

import json
import re
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from grids.changes import services as grid_changes
from grids.changes.forms import fingerprint
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.issues.models import Issue
from grids.issues.moving import settle_stragglers
from grids.issues.workflow import WORKFLOW
from grids.places.models import Grid, GridChange, GridPost
from grids.places.succession import successor_of
from grids.routing.models import RoutingRule
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make
from tests.grids.changes.test_grid_changes import close, recomputed, tallied

TODAY = timezone.localdate


def words_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def address(grid, kind):
    return f"/grids/grids/{grid.code}/{kind}/"


def seen_in(response):
    return re.search(r'name="seen" value="(\w+)"', response.content.decode())[1]


def confirm(client, grid, kind, form):
    """Preview, then confirm what was previewed; returns the answer to the confirmation."""
    looked = client.post(address(grid, kind), form)
    assert looked.status_code == 200, words_of(looked)
    return client.post(address(grid, kind), {**form, "confirmed": "1", "seen": seen_in(looked)})


def term(grid, name, kind=GridPost.Kind.LEADER, user=None):
    post = GridPost(grid=grid, community=grid.community, street=grid.street, kind=kind, name=name, user=user)
    post.starts = make.LONG_AGO
    return make.saved(post)


SPLIT = {"name_0": "东区", "name_1": "西区", "reason": "人口增长", "effective": ""}


@pytest.fixture
def split_form():
    return {**SPLIT, "effective": str(TODAY())}


# --- split ----------------------------------------------------------------------------------


def test_a_compound_is_split_with_its_open_issues(cast, sign_in, split_form):
    second = make.make_grid(cast.compound, 2)
    stay = make.make_issue(cast.secretary, cast.compound, cast.lamp, "东门路灯")
    go = make.make_issue(cast.secretary, cast.compound, cast.lamp, "西门路灯")
    below = make.make_issue(cast.secretary, second, cast.lamp, "二号楼路灯")
    done = close(make.make_issue(cast.secretary, cast.compound, cast.lamp), cast.secretary)
    leader = term(cast.compound, "王秀兰")
    form = {**split_form, f"child_{second.pk}": "1", f"issue_{go.pk}": "1", f"post_{leader.pk}": "1"}
    client = sign_in(cast.secretary)
    looked = client.post(address(cast.compound, "split"), form)
    for words in (
        "连同下级 2 个网格",
        "东区（",
        "西区（",
        "在西区继续任职",
        "东区：1 件",
        "西区：1 件",
        "西区 2号楼：1 件",
    ):
        assert words in words_of(looked), words
    assert GridChange.objects.count() == 0  # looking changes nothing
    assert Grid.objects.filter(ends=None).count() == 6 + 1

    answer = confirm(client, cast.compound, "split", form)
    change = GridChange.objects.get()
    assert answer.url == f"/grids/grid-changes/{change.pk}/"
    result = words_of(client.get(answer.url))
    for words in ("东区", "西区", "在办事件 3 件转移", "任职 1 人延续", "人口增长"):
        assert words in result
    east, west = Grid.objects.get(name="东区"), Grid.objects.get(name="西区")
    for issue, grid in ((stay, east), (go, west), (done, cast.compound)):
        issue.refresh_from_db()
        assert issue.grid == grid
    below.refresh_from_db()
    assert below.grid.parent == west
    assert west.posts.get().name == "王秀兰"
    assert not east.posts.exists()
    assert tallied() == recomputed()


def test_figures_of_the_parts_are_typed_or_follow(cast, sign_in, split_form):
    second = make.make_grid(cast.compound, 2)
    Grid.objects.filter(pk=cast.building.pk).update(households=30)
    Grid.objects.filter(pk=second.pk).update(households=50)
    Grid.objects.filter(pk=cast.compound.pk).update(households=80, group_chats=1, boundary="东至东大街")
    form = {**split_form, f"child_{second.pk}": "1", "group_chats_1": "2", "boundary_1": "西至西大街"}
    confirm(sign_in(cast.secretary), cast.compound, "split", form)
    figures = Grid.objects.filter(name__in=["东区", "西区"]).values_list("households", "group_chats", "boundary")
    assert set(figures) == {(30, 1, ""), (50, 2, "西至西大街")}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name_1": ""}, "至少两个部分"),
        ({"name_1": "东区"}, "不能相同"),
        ({"name_3": "南区"}, "按顺序填写"),
        ({"reason": ""}, "事由"),
        ({"reason": "电话13812345678"}, "手机号"),
        ({"effective": "2099-01-01"}, "不能晚于今天"),
        ({"effective": "2019-01-01"}, "不能更早"),
        ({"effective": "明天"}, "请填写日期"),
        ({"households_0": "-1"}, "不能小于 0"),
        ({"households_0": "很多"}, "整数"),
        ({"name_0": "长" * 61}, "60"),
    ],
)
def test_a_split_refuses_what_cannot_be_and_keeps_what_was_typed(cast, sign_in, split_form, change, error):
    response = sign_in(cast.secretary).post(address(cast.compound, "split"), {**split_form, **change})
    assert response.status_code == 422
    assert error in response.content.decode()
    assert 'value="西区"' in response.content.decode() or "name_1" in change
    assert not GridChange.objects.exists()


def test_what_is_sent_to_a_part_that_is_not_there_is_refused(cast, sign_in, split_form):
    form = {**split_form, f"child_{cast.building.pk}": "4"}
    response = sign_in(cast.secretary).post(address(cast.compound, "split"), form)
    assert response.status_code == 422
    assert "第 5 部分没有填写名称" in response.content.decode()


def test_a_date_before_a_lower_grid_began_is_refused(cast, sign_in, split_form):
    Grid.objects.filter(pk=cast.building.pk).update(starts=TODAY())
    response = sign_in(cast.secretary).post(address(cast.compound, "split"), {**split_form, "effective": "2026-01-05"})
    assert response.status_code == 422
    assert "下级网格“1号楼”" in response.content.decode()


def test_back_from_the_preview_everything_is_still_there(cast, sign_in, split_form):
    response = sign_in(cast.secretary).post(address(cast.compound, "split"), {**split_form, "edit": "1"})
    assert response.status_code == 200
    for value in ("东区", "西区", "人口增长"):
        assert f'value="{value}"' in response.content.decode()


def test_a_term_that_ends_takes_its_sign_in_along(cast, sign_in, split_form):
    post = term(cast.g1, "用户grid.1", user=cast.leader)
    form = {**split_form, f"post_{post.pk}": ""}
    confirm(sign_in(cast.secretary), cast.g1, "split", form)
    assert not GridPost.objects.current().filter(user=cast.leader).exists()
    assert not User.objects.get(pk=cast.leader.pk).scope_for().grids


def test_a_term_takes_its_sign_in_to_the_same_part(cast, sign_in, split_form):
    post = term(cast.g1, "用户grid.1", user=cast.leader)
    confirm(sign_in(cast.secretary), cast.g1, "split", {**split_form, f"post_{post.pk}": "1"})
    west = Grid.objects.get(name="西区")
    assert User.objects.get(pk=cast.leader.pk).scope_for().grids == {west.pk}


def test_a_sign_in_without_a_term_is_chosen_for_itself(cast, sign_in, split_form):
    post = cast.leader.assignments.get()
    form = {**split_form, f"sign_in_{post.pk}": ""}
    confirm(sign_in(cast.secretary), cast.g1, "split", form)
    assert not User.objects.get(pk=cast.leader.pk).scope_for().grids


def test_rules_of_a_split_grid_hold_in_every_part(cast, sign_in, split_form):
    make.saved(RoutingRule(category=cast.lamp, grid=cast.g1, organisation=cast.unit_org, automatic=True))
    confirm(sign_in(cast.secretary), cast.g1, "split", split_form)
    rules = RoutingRule.objects.filter(is_active=True).values_list("grid__name", "automatic")
    assert set(rules) == {("东区", True), ("西区", True)}


# --- merge ----------------------------------------------------------------------------------


def test_two_grids_are_merged_and_one_leader_goes_on(cast, sign_in):
    other = make.make_grid(cast.c1, 2)
    Grid.objects.filter(pk__in=[cast.g1.pk, other.pk]).update(households=40, group_chats=1)
    first, second = term(cast.g1, "王秀兰"), term(other, "李建国")
    slot = make.saved(FiveOne(code="1", name="一处服务阵地", starts=make.LONG_AGO))
    for grid, state in ((cast.g1, "under_way"), (other, "built")):
        make.saved(FiveOneRecord(grid=grid, community=cast.c1, street=cast.s1, slot=slot, state=state))
    issue = make.make_issue(cast.secretary, other, cast.lamp)
    form = {
        "others": [other.code],
        "name": "合组",
        "leader": str(second.pk),
        "reason": "优化",
        "effective": str(TODAY()),
    }
    client = sign_in(cast.secretary)
    looked = words_of(client.post(address(cast.g1, "merge"), form))
    assert f"{second.grid.full_name} 网格长 李建国：在合组继续任职" in looked
    assert f"{first.grid.full_name} 网格长 王秀兰：任期结束" in looked
    confirm(client, cast.g1, "merge", form)
    merged = Grid.objects.get(name="合组")
    issue.refresh_from_db()
    assert issue.grid == merged
    assert (merged.households, merged.group_chats) == (80, 2)
    assert merged.posts.get().name == "李建国"
    assert merged.five_ones.get().state == "built"
    closed = client.get(f"/grids/grids/{cast.g1.code}/").content.decode()
    assert f'现由 <a href="/grids/grids/{merged.code}/">{merged.full_name}</a> 承接' in closed
    assert successor_of(Grid.objects.get(pk=cast.g1.pk)) == successor_of(Grid.objects.get(pk=other.pk)) == merged


def test_only_grids_beside_it_are_offered_for_a_merge(cast, sign_in):
    html = sign_in(cast.secretary).get(address(cast.g1, "merge")).content.decode()
    assert "不能合并" in html
    other = make.make_grid(cast.c1, 2)
    html = sign_in(cast.secretary).get(address(cast.g1, "merge")).content.decode()
    assert other.code in html
    assert cast.g2.code not in html
    form = {"others": [cast.g2.code], "name": "合组", "reason": "优化", "effective": str(TODAY())}
    answer = sign_in(cast.officer).post(address(cast.g1, "merge"), form)
    assert answer.status_code == 422
    assert "没有这个网格" in answer.content.decode()


def test_whoever_goes_on_must_lead_one_of_the_merged(cast, sign_in):
    other, third = make.make_grid(cast.c1, 2), make.make_grid(cast.c1, 3)
    stranger = term(third, "赵六")
    form = {"others": [other.code], "name": "合组", "leader": str(stranger.pk), "reason": "优化"}
    answer = sign_in(cast.secretary).post(address(cast.g1, "merge"), {**form, "effective": str(TODAY())})
    assert "所选的人不在要合并的网格中" in answer.content.decode()


# --- transfer -------------------------------------------------------------------------------


def test_a_transfer_to_another_street_leaves_its_areas_and_unit_rules(cast, sign_in):
    make.saved(RoutingRule(category=cast.lamp, grid=cast.g1, organisation=cast.unit_org))
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    form = {"community": cast.c3.code, "reason": "区划调整", "effective": str(TODAY())}
    client = sign_in(cast.district)
    looked = words_of(client.post(address(cast.g1, "transfer"), form))
    assert "不再属第1片区" in looked
    assert "：停用" in looked
    confirm(client, cast.g1, "transfer", form)
    issue.refresh_from_db()
    assert issue.street == cast.s2
    assert issue.pk not in Issue.objects.visible_to(User.objects.get(pk=cast.area_leader.pk)).values_list(
        "pk", flat=True
    )
    assert not RoutingRule.objects.filter(is_active=True).exists()
    assert tallied() == recomputed()


def test_a_building_is_transferred_under_another_compound_by_name(cast, sign_in):
    other = make.make_grid(cast.g1, 2)
    form = {"parent": "2号小区", "reason": "就近管理", "effective": str(TODAY())}
    confirm(sign_in(cast.secretary), cast.building, "transfer", form)
    assert other.children.get().name == cast.building.name


@pytest.mark.parametrize(
    ("who", "form", "error"),
    [
        ("secretary", {"community": "c2"}, "不在您的管辖范围内"),
        ("secretary", {"community": "c1"}, "已在该处"),
        ("officer", {"community": "c3"}, "不在您的管辖范围内"),
        ("officer", {"community": ""}, "请选择划入的社区"),
    ],
)
def test_nobody_transfers_beyond_the_own_scope(cast, sign_in, who, form, error):
    code = getattr(cast, form["community"]).code if form["community"] else ""
    data = {"community": code, "reason": "调整", "effective": str(TODAY())}
    response = sign_in(getattr(cast, who)).post(address(cast.g1, "transfer"), data)
    assert response.status_code == 422
    assert error in response.content.decode()


def test_a_grid_is_not_put_below_itself(cast):
    with pytest.raises(ValidationError):
        grid_changes.transfer(cast.compound, community=cast.c1, parent=cast.building, by=cast.officer)


# --- close ----------------------------------------------------------------------------------


def test_a_grid_that_is_not_empty_says_why_it_cannot_be_closed(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.lamp)
    Grid.objects.filter(pk=cast.compound.pk).update(households=12)
    client = sign_in(cast.secretary)
    words = words_of(client.get(address(cast.compound, "close")))
    for reason in ("还有 1 个下级网格", "还有 1 件在办事件", "还登记着 12 户"):
        assert reason in words
    form = {"reason": "拆迁", "effective": str(TODAY())}
    assert client.post(address(cast.compound, "close"), form).status_code == 422
    assert not GridChange.objects.exists()


def test_an_empty_grid_is_closed_with_its_terms(cast, sign_in):
    post = term(cast.building, "王秀兰")
    confirm(sign_in(cast.secretary), cast.building, "close", {"reason": "拆迁", "effective": str(TODAY())})
    cast.building.refresh_from_db()
    post.refresh_from_db()
    assert cast.building.ends == post.ends == TODAY()
    assert GridChange.objects.get().kind == "close"
    assert successor_of(cast.building) is None


# --- two at once, and afterwards ------------------------------------------------------------


def test_what_changed_since_the_preview_is_shown_before_it_happens(cast, sign_in, split_form):
    client = sign_in(cast.secretary)
    looked = client.post(address(cast.compound, "split"), split_form)
    late = make.make_issue(cast.leader, cast.building, cast.lamp)
    form = {**split_form, "confirmed": "1", "seen": seen_in(looked)}
    answer = client.post(address(cast.compound, "split"), form)
    assert answer.status_code == 409
    assert "又有了变动" in answer.content.decode()
    assert late.number in answer.content.decode()
    assert not GridChange.objects.exists()
    again = client.post(address(cast.compound, "split"), {**form, "seen": seen_in(answer)})
    assert again.status_code == 302


def test_the_second_of_two_is_told_what_the_first_did(cast, sign_in, split_form):
    client = sign_in(cast.secretary)
    form = {**split_form, "confirmed": "1", "seen": seen_in(client.post(address(cast.compound, "split"), split_form))}
    assert client.post(address(cast.compound, "split"), form).status_code == 302
    answer = client.post(address(cast.compound, "split"), form, follow=True)  # the button pressed twice
    assert "不能再变动" in answer.content.decode()
    assert GridChange.objects.count() == 1


def test_a_preview_leaves_no_trace(cast, sign_in, split_form):
    before = (AuditEntry.objects.count(), Grid.objects.count(), Assignment.objects.count(), fingerprint([cast.g1]))
    assert sign_in(cast.secretary).post(address(cast.g1, "split"), split_form).status_code == 200
    after = (AuditEntry.objects.count(), Grid.objects.count(), Assignment.objects.count(), fingerprint([cast.g1]))
    assert before == after


def test_a_closed_issue_opened_again_moves_to_what_became_of_its_grid(cast):
    done = close(make.make_issue(cast.secretary, cast.building, cast.lamp), cast.secretary)
    (moved,) = grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer).successors
    done = WORKFLOW.apply(done, "reopen", by=cast.officer, inputs={"note": "又坏了"})
    done.refresh_from_db()
    assert done.grid.parent.parent == moved
    assert done.community == cast.c2
    assert done.events.last().action == "move"
    assert tallied() == recomputed()


def test_the_parts_of_an_issue_opened_again_come_along(cast):
    whole = make.make_issue(cast.secretary, cast.building, cast.lamp)
    WORKFLOW.apply(whole, "split", by=cast.secretary, inputs={"parts": "路灯\n杂物"})
    for part in Issue.objects.filter(parent=whole):
        close(part, cast.secretary)
    whole.refresh_from_db()
    assert whole.status == "closed"  # with its last part
    grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer)
    WORKFLOW.apply(whole, "reopen", by=cast.officer, inputs={"note": "又坏了"})
    communities = Issue.objects.filter(Q(pk=whole.pk) | Q(parent=whole)).values_list("community", flat=True)
    assert set(communities) == {cast.c2.pk}
    assert tallied() == recomputed()


def test_parts_go_where_their_whole_is_sent(cast, sign_in, split_form):
    whole = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    WORKFLOW.apply(whole, "split", by=cast.secretary, inputs={"parts": "路灯\n杂物"})
    confirm(sign_in(cast.secretary), cast.compound, "split", {**split_form, f"issue_{whole.pk}": "1"})
    west = Grid.objects.get(name="西区")
    assert set(Issue.objects.values_list("grid", flat=True)) == {west.pk}


def test_an_issue_that_was_reported_during_a_change_is_settled_by_the_sweep(cast):
    late = make.make_issue(cast.secretary, cast.building, cast.lamp)
    Grid.objects.filter(pk=cast.building.pk).update(ends=TODAY())  # closed in the same moment
    assert settle_stragglers() == 1
    late.refresh_from_db()
    assert (late.grid, late.community) == (None, cast.c1)
    assert settle_stragglers() == 0


def test_of_two_at_the_same_moment_one_is_carried_out(live_cast, on_postgresql):
    told = []

    def operate(number):
        try:
            parts = [grid_changes.Part(f"甲{number}"), grid_changes.Part(f"乙{number}")]
            grid = Grid.objects.get(pk=(live_cast.g1 if number % 2 else live_cast.compound).pk)
            grid_changes.split(grid, parts=parts, by=live_cast.secretary)
            told.append("done")
        except ValidationError as error:
            told.append(error.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=operate, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    changes = GridChange.objects.count()
    assert (len(told), told.count("done")) == (4, changes)
    assert 1 <= changes <= 2  # the compound may be split before its group is, never twice
    for grid in Grid.objects.current().exclude(parent=None):
        assert grid.parent.ends is None
    codes = Grid.objects.values_list("code", flat=True)
    assert len(codes) == len(set(codes))


# --- scope ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["split", "merge", "transfer", "close"])
def test_strangers_find_nothing_and_readers_may_not(cast, sign_in, kind):
    for user, status in ((cast.sibling, 404), (cast.other_officer, 404), (cast.leader, 403), (cast.security, 403)):
        for method in ("get", "post"):
            assert getattr(sign_in(user), method)(address(cast.g1, kind)).status_code == status, (user, method)
    assert sign_in(cast.secretary).get("/grids/grids/٣/split/").status_code == 404


# --- API ------------------------------------------------------------------------------------


def post(client, grid, kind, **body):
    body = {"version": grid.version, "reason": "人口增长", **body}
    url = f"/api/v1/grids/{grid.code}/actions/{kind}/"
    return client.post(url, json.dumps(body), content_type="application/json")


def test_a_program_previews_and_splits(cast, sign_in):
    second = make.make_grid(cast.compound, 2)
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    body = {
        "parts": [{"name": "东区", "households": 10}, {"name": "西区", "has_party_branch": True}],
        "children": {second.code: 1},
        "issues": {issue.number: 1},
    }
    client = sign_in(cast.secretary)
    looked = post(client, cast.compound, "split", **body, dry_run=True).json()
    assert looked["change"] is None
    assert not GridChange.objects.exists()
    done = post(client, cast.compound, "split", **body).json()
    assert {**done, "change": None} == looked
    west = Grid.objects.get(code=done["successors"][1])
    assert (west.name, west.has_party_branch) == ("西区", True)
    assert done["issues"] == [{"number": issue.number, "origin": cast.compound.code, "grid": west.code}]
    assert done["moved"] == {"issues": 1}
    assert post(client, cast.compound, "split", **body).status_code == 409  # its version has moved on


def test_a_program_merges_transfers_and_closes(cast, sign_in):
    other = make.make_grid(cast.c1, 2)
    client = sign_in(cast.officer)
    done = post(client, cast.g1, "merge", others=[other.code], name="合组").json()
    merged = Grid.objects.get(code=done["successors"][0])
    done = post(client, merged, "transfer", community=cast.c2.code).json()
    moved = Grid.objects.get(code=done["successors"][0])
    assert (moved.community, moved.children.count()) == (cast.c2, 1)
    building = Grid.objects.get(parent__parent=moved, ends=None)
    assert post(client, building, "close").json()["ended"] == [building.code]


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("split", {}, "parts.0.name"),
        ("split", {"parts": [{"name": "东区"}]}, "parts.1.name"),
        ("split", {"parts": [{"name": "东区"}, {"name": "西区"}], "children": {"1": 0}}, "children"),
        ("split", {"parts": [{"name": "东区"}, {"name": "西区"}], "issues": {"SZ-1": 0}}, "issues"),
        ("split", {"parts": "东区"}, "parts.non_field_errors"),
        ("split", {"parts": [{"name": "东区", "colour": 1}]}, "parts.0.colour"),
        ("split", {"community": "620902001002"}, "community"),
        ("merge", {"name": "合组", "others": []}, "others"),
        ("merge", {"name": "合组", "others": ["620902001003001"]}, "others"),
        ("transfer", {"community": "620902002002"}, "community"),
        ("transfer", {"parent": "\x00"}, "parent"),
        ("close", {}, "non_field_errors"),
        ("close", {"reason": 7, "effective": "明天"}, "effective"),
        ("close", {"version": "1"}, "version"),
        ("close", {"version": None}, "version"),
    ],
)
def test_a_program_is_told_which_field_is_wrong(cast, sign_in, kind, body, field):
    make.make_grid(cast.c1, 2)
    answer = post(sign_in(cast.secretary), cast.g1, kind, **body)
    assert answer.status_code == 400, answer.content.decode()
    assert field in answer.json()["errors"], answer.json()
    assert not GridChange.objects.exists()


def test_a_program_has_the_same_scope_as_a_person(cast, sign_in):
    for user, status in ((cast.sibling, 404), (cast.leader, 403), (cast.auditor, 403)):
        assert post(sign_in(user), cast.g1, "close").status_code == status
    assert post(sign_in(cast.secretary), cast.g1, "dissolve").status_code == 404
    give = make.give_post(cast.sibling, Role.GRID, cast.g1)  # sees it now, and may still not change it
    assert give.pk
    assert post(sign_in(cast.sibling), cast.g1, "close").status_code == 403


@pytest.mark.parametrize("body", ["[]", "[[]]", "7", '"x"', "null", "{", '{"version": {"a": 1}}'])
def test_no_body_makes_an_error_500(cast, sign_in, body):
    url = f"/api/v1/grids/{cast.g1.code}/actions/split/"
    answer = sign_in(cast.secretary).post(url, body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["name_0", "child_1", "effective", "others", "community", "parent", "leader", "seen"])
@pytest.mark.parametrize("value", ["\x00", "9" * 400 + "<script>"])
def test_no_field_makes_an_error_500(cast, sign_in, split_form, name, value):
    client = sign_in(cast.secretary)
    make.make_grid(cast.c1, 2)
    for kind in ("split", "merge", "transfer", "close"):
        for more in ({}, {"confirmed": "1"}, {"edit": "1"}):
            answer = client.post(address(cast.g1, kind), {**split_form, "name": "合", name: value, **more})
            assert answer.status_code in {200, 409, 422}
            assert "<script>" not in answer.content.decode().replace("<script src", "").replace("<script defer", "")

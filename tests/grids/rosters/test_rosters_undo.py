"""撤销导入: the terms as they stood, told by both the trail and the dated history; refused after a later change."""

import pytest

from grids.changes.services import Part, split
from grids.places.models import GridChange, GridPost
from grids.rosters.models import RosterImport
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make
from tests.grids.mediation.made import dispute, take
from tests.grids.rosters.made import confirm, row, term, terms, upload

pytestmark = pytest.mark.dialect


def imported(client, cast, *rows, **more):
    confirm(client, upload(client, *rows, place=cast.c1.code), **more)
    return RosterImport.objects.latest("pk")


def undo(client, kept):
    """The step, from the page as it was when the import was done."""
    return client.post(f"/grids/roster-imports/{kept.pk}/actions/undo/", {"version": kept.version}, follow=True)


def undo_by_program(client, kept):
    return client.post(f"/api/v1/roster-imports/{kept.pk}/actions/undo/", {}, content_type="application/json")


def everything(cast):
    """Rows for a new leader, a correction, a leaver, a newcomer and an absent one."""
    term(cast.g1, "王秀兰", telephone="13900000001", user=cast.leader)
    term(cast.g1, "刘书记", kind="secretary")
    term(cast.compound, "李建国")
    term(cast.building, "张三丰")
    return (
        row(cast.g1, "赵敏", "13900000003"),
        row(cast.compound, "李建军", "13900000009", change="更正"),
        row(cast.building, "", change="离任", day="2026-02-01"),
    )


def test_the_terms_are_exactly_as_they_stood(cast, sign_in):
    client, rows = sign_in(cast.secretary), everything(cast)
    before, changes = terms(), GridChange.objects.count()
    kept = imported(client, cast, *rows, absent="end")
    assert (kept.joined, kept.left, kept.changed) == (1, 3, 1)
    assert terms() != before
    answer = undo(client, kept)
    assert "撤销导入。名册恢复到导入之前。" in answer.content.decode()
    assert terms() == before
    kept.refresh_from_db()
    assert (kept.status, kept.undone_by) == ("undone", cast.secretary)
    # The dated history is not rewritten: it tells the change and its undoing.
    notes = [change.parts.get().note for change in GridChange.objects.order_by("id")[changes:]]
    assert notes == ["王秀兰 → 赵敏", "张三丰 → （空缺）", "赵敏 → 王秀兰", "（空缺） → 张三丰"]
    # The trail keeps the term that is gone, with all that it was.
    gone = AuditEntry.objects.get(object_type="grids.gridpost", action="delete")
    assert gone.changes["name"] == ["赵敏", None]
    assert gone.reason.startswith("撤销名册导入：")
    assert {"rosterimport.import", "rosterimport.undo"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_undone_twice_is_undone_once(cast, sign_in):
    client = sign_in(cast.secretary)
    kept = imported(client, cast, row(cast.g1, "赵敏"))
    undo(client, kept)
    entries = AuditEntry.objects.count()
    answer = undo(client, kept)
    assert answer.status_code == 200
    assert 'id="act-undo"' not in answer.content.decode()
    assert AuditEntry.objects.count() == entries
    assert not GridPost.objects.exists()


def test_the_same_roster_can_be_imported_again_after_its_undoing(cast, sign_in):
    client = sign_in(cast.secretary)
    before = term(cast.g1)
    for _time in range(2):
        kept = imported(client, cast, row(cast.g1, "赵敏"))
        assert GridPost.objects.get(ends=None).name == "赵敏"
        undo(client, kept)
        assert GridPost.objects.get() == before


def test_undoing_is_refused_after_a_later_change_and_changes_nothing(cast, sign_in):
    client = sign_in(cast.secretary)
    for change in (
        lambda: client.post(
            f"/grids/grids/{cast.g1.code}/leader/",
            {"name": "后来人", "effective": "2026-03-02", "present": present(cast.g1)},
        ),
        lambda: imported(client, cast, row(cast.g1, "后来人", day="2026-03-02")),
        lambda: imported(client, cast, row(cast.g1, "赵敏", "13900000008")),
    ):
        GridPost.objects.filter(grid=cast.g1).delete()
        term(cast.g1)
        kept = imported(client, cast, row(cast.g1, "赵敏"), row(cast.compound, "李建国"))
        change()
        before = terms()
        page = client.get(f"/grids/roster-imports/{kept.pk}/").content.decode()
        assert "导入之后又有变动，不能撤销：第1居民小组。" in page
        assert "/actions/undo/" not in page
        refused = undo(client, kept)
        assert (refused.status_code, "不能撤销：第1居民小组。" in refused.content.decode()) == (422, True)
        assert terms() == before
        assert RosterImport.objects.get(pk=kept.pk).undone_at is None
        GridPost.objects.filter(grid=cast.compound).delete()


def present(grid):
    post = GridPost.objects.get(grid=grid, kind="leader", ends=None)
    return f"{post.pk}:{post.version}"


def test_undoing_is_refused_after_somebody_filled_the_vacancy_or_the_grid_was_split(cast, sign_in):
    client = sign_in(cast.secretary)
    term(cast.building)
    kept = imported(client, cast, row(cast.building, "", change="离任"))
    client.post(f"/grids/grids/{cast.building.code}/leader/", {"name": "后来人", "effective": "2026-03-02"})
    assert "不能撤销" in undo(client, kept).content.decode()
    kept = imported(client, cast, row(cast.compound, "李建国"))
    split(cast.compound, parts=[Part("甲区"), Part("乙区")], by=cast.secretary)
    assert "不能撤销" in undo(client, kept).content.decode()


def test_only_who_keeps_the_roster_of_the_place_takes_an_import_back(cast, sign_in):
    client = sign_in(cast.officer)
    confirm(client, upload(client, row(cast.g1, "赵敏"), place=cast.s1.code))
    kept = RosterImport.objects.get()
    for user, status in ((cast.secretary, 404), (cast.other_officer, 404), (cast.leader, 403), (cast.department, 403)):
        assert undo(sign_in(user), kept).status_code == status
        assert undo_by_program(sign_in(user), kept).status_code in (403, 404)
    assert GridPost.objects.exists()
    answer = undo_by_program(client, kept)
    assert (answer.status_code, answer.json()["state"], answer.json()["status"]) == (200, "已撤销", "undone")
    assert not GridPost.objects.exists()


def test_a_refused_undoing_is_409_for_programs(cast, sign_in):
    client = sign_in(cast.secretary)
    kept = imported(client, cast, row(cast.g1, "赵敏"))
    imported(client, cast, row(cast.g1, "后来人"))
    assert client.get(f"/api/v1/roster-imports/{kept.pk}/").json()["available_actions"] == []
    answer = undo_by_program(client, kept)
    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_possible")
    assert answer.json()["detail"] == "导入之后又有变动，不能撤销：第1居民小组。"


def test_a_leader_whom_a_mediation_names_is_not_undone_away(cast, sign_in):
    client = sign_in(cast.secretary)
    kept = imported(client, cast, row(cast.g1, "赵敏"))
    take(dispute(cast.secretary, cast.g1), cast.secretary, "accept", leaders=[GridPost.objects.get().pk])
    refused = undo(client, kept)
    assert refused.status_code == 422
    assert "导入之后有记录用到了新任网格长" in refused.content.decode()
    assert RosterImport.objects.get().status == "imported"


def test_its_page_tells_what_it_changed_and_the_story(cast, sign_in):
    client = sign_in(cast.secretary)
    kept = imported(client, cast, row(cast.g1, "赵敏"))
    page = client.get(f"/grids/roster-imports/{kept.pk}/").content.decode()
    assert "变动了什么" in page
    assert "赵敏" in page
    assert 'data-confirm="撤销导入' in page
    assert "导入名册" in page[page.index("办理过程") :]
    undo(client, kept)
    page = client.get(f"/grids/roster-imports/{kept.pk}/").content.decode()
    assert "撤销导入" in page[page.index("办理过程") :]


# --- signing in -------------------------------------------------------------------------------


def reaches(user):
    return set(User.objects.get(pk=user.pk).scope_for().grids)


def test_a_leaving_leader_signs_in_for_the_grid_no_longer_until_it_is_undone(cast, sign_in):
    term(cast.g1, cast.leader.name, user=cast.leader)
    other = make.make_grid(cast.c1, 7)
    make.give_post(cast.leader, Role.GRID, other)
    client = sign_in(cast.secretary)
    before = list(Assignment.objects.order_by("pk").values_list("pk", "ends"))
    kept = imported(client, cast, row(cast.g1, "赵敏"))
    assert reaches(cast.leader) == {other.pk}
    told = OutboxMessage.objects.get(audience__roles=[Role.SECURITY])
    assert "1 个账号的网格长岗位已停用" in told.title
    undo(client, kept)
    assert cast.g1.pk in reaches(cast.leader)
    assert list(Assignment.objects.order_by("pk").values_list("pk", "ends")) == before


def test_the_sign_in_of_somebody_else_at_the_grid_stays(cast, sign_in):
    term(cast.g1, "王秀兰")  # not the name of the account that holds the grid
    imported(sign_in(cast.secretary), cast, row(cast.g1, "赵敏"))
    assert cast.g1.pk in reaches(cast.leader)

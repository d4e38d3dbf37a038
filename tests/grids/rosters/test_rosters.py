"""名册维护: the sheet down, edited, up; what will change; wrong rows by name; dated terms."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.places.models import GridChange, GridPost
from grids.rosters.models import RosterImport
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make
from tests.grids.rosters.made import HEAD, PAGE, SHEET, confirm, row, sheet, term, terms, upload
from tests.registers.test_files import token_of, workbook

pytestmark = pytest.mark.dialect
FOREIGN = "没有网格“{}”，或不在您的管辖范围内。"


def errors_of(answer):
    return {failed.number: failed.errors for failed in answer.context["failed"]}


def test_the_sheet_holds_every_grid_of_the_place_with_its_leader_or_an_empty_row(cast, sign_in):
    term(cast.g1, telephone="0937-2612345")
    term(cast.g1, "刘书记", kind="secretary")
    rows = sheet(sign_in(cast.secretary))
    assert rows[0] == HEAD
    assert [line[:6] for line in rows[1:]] == [
        [cast.g1.code, "第1居民小组", "居民小组", "网格长", "王秀兰", "0937-2612345"],
        [cast.g1.code, "第1居民小组", "居民小组", "网格党支部书记", "刘书记", ""],
        [cast.compound.code, "1号小区", "小区/楼院", "网格长", "", ""],
        [cast.building.code, "1号小区 1号楼", "楼栋", "网格长", "", ""],
    ]
    assert AuditEntry.objects.get(action="export").changes["register"] == "网格长名册"


def test_an_unchanged_sheet_changes_nothing(cast, sign_in):
    term(cast.g1)
    client = sign_in(cast.secretary)
    before, rows = terms(), sheet(client)[1:]
    preview = upload(client, *rows, place=cast.c1.code)
    assert preview.status_code == 200
    assert preview.context["counts"] == {"join": 0, "replace": 0, "leave": 0, "change": 0, "same": 3, "error": 0}
    confirm(client, preview)
    assert terms() == before
    assert not GridChange.objects.exists()


def test_another_name_ends_the_term_and_begins_one_dated_and_on_record(cast, sign_in):
    old = term(cast.g1, telephone="13900000001")
    term(cast.compound, "李建国", telephone="13900000002")
    leaving = term(cast.building, "张三丰")
    client = sign_in(cast.secretary)
    preview = upload(
        client,
        row(cast.g1, "赵 敏", "13900000003"),
        row(cast.compound, "李建国", "13900000009"),
        row(cast.building, "", change="离任", day="2026/2/1"),
        row(cast.g1, "刘书记", kind="网格党支部书记"),
        place=cast.c1.code,
    )
    assert preview.context["counts"] == {"join": 1, "replace": 1, "leave": 1, "change": 1, "same": 0, "error": 0}
    assert not GridChange.objects.exists()  # a preview writes nothing
    answer = confirm(client, preview)
    kept = RosterImport.objects.get()
    assert answer["Location"] == f"/grids/roster-imports/{kept.pk}/"
    assert (kept.joined, kept.left, kept.changed, kept.by) == (2, 2, 1, cast.secretary)
    assert (kept.community, kept.street) == (cast.c1, cast.s1)
    old.refresh_from_db()
    assert (str(old.ends), old.version) == ("2026-03-01", 2)
    new = GridPost.objects.get(name="赵敏")  # the blank was for the eye
    assert (new.grid, str(new.starts), new.ends, new.telephone) == (cast.g1, "2026-03-01", None, "13900000003")
    leaving.refresh_from_db()
    assert str(leaving.ends) == "2026-02-01"
    assert GridPost.objects.get(name="李建国").telephone == "13900000009"
    notes = {(str(change.effective), change.parts.get().note) for change in GridChange.objects.filter(kind="leader")}
    assert notes == {("2026-03-01", "王秀兰 → 赵敏"), ("2026-02-01", "张三丰 → （空缺）")}
    told = AuditEntry.objects.filter(object_type="grids.gridpost", object_id=str(old.pk)).get()
    assert told.changes == {"ends": [None, "2026-03-01"]}
    assert told.reason.startswith("名册导入：")


def test_a_better_spelling_is_no_new_leader(cast, sign_in):
    old = term(cast.g1, "王秀蓝")
    client = sign_in(cast.secretary)
    confirm(client, upload(client, row(cast.g1, "王秀兰", change="更正"), place=cast.c1.code))
    old.refresh_from_db()
    assert (old.name, old.ends) == ("王秀兰", None)
    assert GridPost.objects.count() == 1
    assert not GridChange.objects.exists()


@pytest.mark.parametrize(
    ("name", "typed"), [("张𬱖", "张　𬱖"), ("古丽米热·艾比布力", "古丽米热•艾比布力"), ("方文", "⽅⽂")]
)
def test_a_name_that_only_looks_otherwise_is_no_new_leader(cast, sign_in, name, typed):
    term(cast.g1, name, telephone="13900000001")
    answer = upload(sign_in(cast.secretary), row(cast.g1, typed, "139–0000–0001"), place=cast.c1.code)
    assert answer.context["counts"]["same"] == 1


def test_another_name_with_the_same_telephone_is_pointed_out(cast, sign_in):
    term(cast.g1, "王秀蓝", telephone="13900000001")
    preview = upload(sign_in(cast.secretary), row(cast.g1, "王秀兰", "13900000001"), place=cast.c1.code)
    assert "如是同一人更正姓名" in preview.content.decode()


WRONG = {
    "unknown code": (lambda cast: row("620902001002999", "赵敏"), "没有网格“620902001002999”"),
    "another place": (lambda cast: row(cast.g2, "赵敏"), "或不在您的管辖范围内"),
    "no code": (lambda cast: row("", "赵敏"), "网格编码未填"),
    "no name": (lambda cast: row(cast.g1, ""), "姓名未填。现任为“王秀兰”"),
    "a telephone without a name": (lambda cast: row(cast.building, "", "13900000001"), "姓名未填"),
    "bad telephone": (lambda cast: row(cast.g1, "王秀兰", "一三九"), "只含数字和短横"),
    "an identity card as telephone": (lambda cast: row(cast.g1, "王秀兰", "11010519491231002X"), "疑似身份证号"),
    "an identity card in the name": (
        lambda cast: row(cast.g1, "赵敏11010519491231002X"),
        "姓名中疑似含身份证号（110***02X）",
    ),
    "a number in the name": (lambda cast: row(cast.g1, "赵敏2"), "姓名中不能有数字"),
    "wrong post": (lambda cast: row(cast.g1, "赵敏", kind="组长"), "没有职务“组长”"),
    "no post": (lambda cast: row(cast.g1, "赵敏", kind=""), "职务未填"),
    "no date": (lambda cast: row(cast.g1, "赵敏", day="三月一日"), "日期“三月一日”不对"),
    "no such day": (lambda cast: row(cast.g1, "赵敏", day="2026-02-30"), "不对"),
    "a day to come": (lambda cast: row(cast.g1, "赵敏", day="2999-01-01"), "不能晚于今天"),
    "before the grid began": (lambda cast: row(cast.building, "赵敏", day="2019-01-01"), "早于网格启用日期"),
    "before the present term": (lambda cast: row(cast.compound, "赵敏", day="2025-01-01"), "早于现任“李建国”的任职起"),
    "unknown change": (lambda cast: row(cast.g1, "赵敏", change="调走"), "变动只填“更正”或“离任”"),
    "nobody to leave": (lambda cast: row(cast.building, "", change="离任"), "现无在任者，不能离任"),
    "somebody else leaves": (lambda cast: row(cast.g1, "赵敏", change="离任"), "离任人姓名与现任“王秀兰”不符"),
    "the name of another grid": (
        lambda cast: [cast.g1.code, "2号小区", "", "网格长", "王秀兰", "", "", ""],
        "编码与名称不符：620902001002001 是“第1居民小组”",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_row_is_named_with_its_reason_and_changes_nothing(cast, sign_in, kind):
    term(cast.g1)
    term(cast.compound, "李建国", starts="2026-01-01")
    before = terms()
    made, words = WRONG[kind]
    client = sign_in(cast.secretary)
    preview = upload(client, made(cast), place=cast.c1.code)
    assert preview.status_code == 422
    assert words in " ".join(errors_of(preview)[2])
    assert words in preview.content.decode()
    assert "导入正确的" not in preview.content.decode()
    assert confirm(client, preview, partial="1").status_code in (302, 422)
    assert terms() == before


def test_an_ended_grid_takes_no_leader(cast, sign_in):
    cast.building.ends = "2026-02-01"
    cast.building.save()
    preview = upload(sign_in(cast.secretary), row(cast.building, "赵敏"), place=cast.c1.code)
    assert errors_of(preview) == {2: ["网格已于 2026-02-01 停用。"]}


def test_of_two_rows_for_one_post_the_later_is_too_much_and_two_names_are_both_wrong(cast, sign_in):
    preview = upload(
        sign_in(cast.secretary),
        row(cast.g1, "赵敏"),
        row(cast.g1, "赵敏"),
        row(cast.compound, "李建国"),
        row(cast.compound, "张三丰"),
        place=cast.c1.code,
    )
    assert errors_of(preview) == {
        3: ["与第 2 行重复。"],
        4: ["同一网格有两名网格长，见第 5 行。"],
        5: ["同一网格有两名网格长，见第 4 行。"],
    }


def test_with_errors_the_right_rows_or_nothing(cast, sign_in):
    client = sign_in(cast.secretary)
    rows = (row(cast.g1, "赵敏"), row("999", "错"))
    preview = upload(client, *rows, place=cast.c1.code)
    assert confirm(client, preview).status_code == 422  # all or nothing
    assert not GridPost.objects.exists()
    assert confirm(client, upload(client, *rows, place=cast.c1.code), partial="1").status_code == 302
    assert [post.name for post in GridPost.objects.all()] == ["赵敏"]
    assert RosterImport.objects.get().failed == 1
    errors = client.get(f"{PAGE}errors/")
    assert errors.status_code == 302  # done: nothing waits


def test_the_error_file_says_what_is_wrong_in_each_row(cast, sign_in):
    from tests.registers.test_files import sheets  # noqa: PLC0415

    client = sign_in(cast.secretary)
    upload(client, row(cast.g1, "赵敏"), row("999", "错"), place=cast.c1.code)
    rows = sheets(client.get(f"{PAGE}errors/"))
    assert rows[0] == [*HEAD, "错误"]
    assert rows[1][-1] == ""
    assert rows[2][-1] == FOREIGN.format("999")


# --- what the file does not name --------------------------------------------------------------


def test_who_is_not_in_the_file_stays_unless_it_is_said(cast, sign_in):
    kept, gone = term(cast.g1), term(cast.compound, "李建国")
    client = sign_in(cast.secretary)
    preview = upload(client, row(cast.g1, "王秀兰"), place=cast.c1.code)
    assert preview.context["absent_count"] == 1
    assert "文件中没有的 1 个任职" in preview.content.decode()
    confirm(client, preview)
    gone.refresh_from_db()
    assert gone.ends is None
    confirm(client, upload(client, row(cast.g1, "王秀兰"), place=cast.c1.code), absent="end")
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (str(gone.ends), kept.ends) == ("2026-03-01", None)
    assert GridChange.objects.get().parts.get().note == "李建国 → （空缺）"


def test_a_code_that_cannot_be_read_ends_nobody(cast, sign_in):
    term(cast.g1)
    before = terms()
    client = sign_in(cast.secretary)
    preview = upload(client, row(f"{cast.g1.code}x", "王秀兰"), row(cast.compound, "赵敏"), place=cast.c1.code)
    assert "以免误伤" in preview.content.decode()
    answer = confirm(client, preview, absent="end", partial="1")
    assert answer.status_code == 422
    assert "认不出网格" in answer.content.decode()
    assert terms() == before


def test_a_wrong_row_counts_as_naming_its_post(cast, sign_in):
    term(cast.g1)
    preview = upload(sign_in(cast.secretary), row(cast.g1, "王秀兰", kind="组长"), place=cast.c1.code)
    assert preview.context["absent_count"] == 0


def test_only_who_was_shown_as_absent_leaves(cast, sign_in):
    client = sign_in(cast.secretary)
    preview = upload(client, row(cast.g1, "赵敏"), place=cast.c1.code)
    late = term(cast.compound, "刚来的人")
    confirm(client, preview, absent="end")
    late.refresh_from_db()
    assert late.ends is None


# --- scope and races --------------------------------------------------------------------------


def test_everybody_keeps_the_rosters_of_their_own_places(cast, sign_in):
    for user, places in (
        (cast.secretary, [cast.c1.code]),
        (cast.officer, [cast.s1.code, cast.c1.code, cast.c2.code]),
        (cast.district, ["", cast.s1.code, cast.s2.code, cast.c1.code, cast.c2.code, cast.c3.code]),
    ):
        page = sign_in(user).get(PAGE)
        assert [code for code, _name, _place in page.context["places"]] == places
    for user in (cast.leader, cast.department, cast.auditor, cast.nobody, cast.area_leader):
        assert sign_in(user).get(PAGE).status_code == 403
        assert sign_in(user).get(SHEET).status_code == 403


def test_a_foreign_place_does_not_exist(cast, sign_in):
    client = sign_in(cast.secretary)
    for code in (cast.c2.code, cast.s1.code, "x", ""):
        preview = upload(client, row(cast.g2, "闯入"), place=code)
        assert preview.status_code in (404, 422)
    assert client.get(SHEET, {"place": cast.c2.code}).status_code == 404
    assert not GridPost.objects.exists()


def test_a_street_sees_which_grid_belongs_to_another_roster(cast, sign_in):
    preview = upload(sign_in(cast.officer), row(cast.g2, "赵敏"), place=cast.c1.code)
    assert errors_of(preview) == {2: [f"网格不在{cast.c1.name}，请在所属地点的名册中维护。"]}


def test_imports_are_seen_by_those_who_keep_the_place(cast, sign_in):
    client = sign_in(cast.secretary)
    confirm(client, upload(client, row(cast.g1, "赵敏"), place=cast.c1.code))
    kept = RosterImport.objects.get()
    for user, status in ((cast.secretary, 200), (cast.officer, 200), (cast.district, 200), (cast.sibling, 404)):
        assert sign_in(user).get(f"/grids/roster-imports/{kept.pk}/").status_code == status
        assert sign_in(user).get(f"/api/v1/roster-imports/{kept.pk}/").status_code == status
    assert sign_in(cast.leader).get("/grids/roster-imports/").status_code == 403


def test_a_post_changed_since_the_preview_is_an_error(cast, sign_in):
    post = term(cast.g1)
    client = sign_in(cast.secretary)
    preview = upload(client, row(cast.g1, "赵敏"), place=cast.c1.code)
    GridPost.objects.filter(pk=post.pk).update(name="别人改的", version=2)
    answer = confirm(client, preview)
    assert answer.status_code == 422
    assert "预览之后已被他人修改" in answer.content.decode()
    assert GridPost.objects.count() == 1


def test_a_confirmation_sent_twice_imports_once(cast, sign_in):
    client = sign_in(cast.secretary)
    preview = upload(client, row(cast.g1, "赵敏"), place=cast.c1.code)
    first, second = confirm(client, preview), confirm(client, preview)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert RosterImport.objects.count() == GridPost.objects.count() == 1


def test_a_confirmation_belongs_to_its_user(cast, sign_in):
    preview = upload(sign_in(cast.secretary), row(cast.g1, "赵敏"), place=cast.c1.code)
    answer = sign_in(cast.officer).post(PAGE, {"token": token_of(preview), "place": cast.c1.code})
    assert answer.status_code == 422
    assert not GridPost.objects.exists()


def test_what_cannot_be_used_is_said_on_the_form(cast, sign_in):
    client = sign_in(cast.secretary)
    given = {"place": cast.c1.code, "effective": "2026-03-01"}
    tomorrow = timezone.localdate() + timedelta(days=1)
    for data, words in (
        (given, "请选择要导入的文件"),
        ({**given, "file": workbook(["网格编码", "姓名"], ["1", "x"])}, "缺少列“职务”"),
        ({**given, "file": workbook([*HEAD, "身份证号"], ["1"])}, "不认识列“身份证号”"),
        ({**given, "file": workbook(HEAD)}, "没有数据"),
        ({**given, "effective": str(tomorrow), "file": workbook(HEAD, row(cast.g1, "赵敏"))}, "不能晚于今天"),
    ):
        answer = client.post(PAGE, data)
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_the_page_asks_as_many_questions_for_100_rows_as_for_10(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.secretary)
    grids = [make.make_grid(cast.compound, number) for number in range(2, 112)]
    for count in (10, 100):
        with django_assert_max_num_queries(36):
            preview = upload(client, *(row(grid, f"赵{'敏' * 2}") for grid in grids[:count]), place=cast.c1.code)
        assert preview.context["counts"]["join"] == count
    with django_assert_max_num_queries(60):
        confirm(client, preview)
    assert GridPost.objects.count() == 100

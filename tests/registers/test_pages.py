"""The pages of a register: list, filters, columns, detail, form, conflict, suggestions."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids.places.models import Area, Grid, GridPost
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.registers import site
from tests import factories as make
from tests.registers.world import BUSINESS, REGISTERS, many, post_of

pytestmark = pytest.mark.dialect


@pytest.mark.parametrize("name", BUSINESS)
def test_every_list_opens_for_the_district(cast, sign_in, name):
    post_of(cast.g1)
    answer = sign_in(cast.district).get(site[name].list_url)
    assert answer.status_code == 200
    assert "共" in answer.content.decode() or "目前还没有" in answer.content.decode()


@pytest.mark.parametrize("name", REGISTERS)
def test_without_the_verb_every_page_is_refused(cast, sign_in, name):
    register, client = site[name], sign_in(cast.nobody)
    for page in ("", "export/", "columns/", "1/"):
        assert client.get(register.list_url + page).status_code == 403


def test_a_list_holds_the_rows_in_scope_only(cast, sign_in):
    body = sign_in(cast.secretary).get("/grids/grids/").content.decode()
    assert cast.g1.code in body
    assert cast.compound.code in body
    assert cast.g2.code not in body
    assert "共 3 条" in body


def test_search_finds_name_code_and_pinyin(cast, sign_in):
    client = sign_in(cast.district)
    for words in ("城管", "D01", "cgzf", "chengguan"):
        body = client.get("/streets/organisations/", {"q": words}).content.decode()
        assert "城管执法队" in body
        assert "第一中学" not in body


def test_filters_narrow_the_list_and_stand_as_removable_words(cast, sign_in):
    body = sign_in(cast.district).get("/grids/grids/", {"community": cast.c1.code, "kind": "compound"}).content.decode()
    assert cast.compound.code in body
    assert cast.g1.code + "/" not in body
    assert cast.sibling_compound.code not in body
    assert "层级：小区/楼院" in body
    assert f"?community={cast.c1.code}" in body


def test_filtering_by_a_foreign_place_is_an_error_and_finds_nothing(cast, sign_in):
    body = sign_in(cast.secretary).get("/grids/grids/", {"community": cast.c2.code}).content.decode()
    assert cast.g1.code not in body
    assert cast.g2.code not in body
    assert "form-errors" in body


def test_a_leaders_grid_includes_the_grids_below(cast, sign_in):
    post_of(cast.building, "李大楼")
    body = sign_in(cast.district).get("/grids/grid-posts/", {"grid": cast.g1.code}).content.decode()
    assert "李大楼" in body
    assert "李大楼" not in sign_in(cast.district).get("/grids/grid-posts/", {"grid": cast.g2.code}).content.decode()


def test_sorting(cast, sign_in):
    client = sign_in(cast.district)
    body = client.get("/communities/communities/", {"sort": "-code"}).content.decode()
    assert body.index(f"/{cast.c3.code}/") < body.index(f"/{cast.c1.code}/")
    assert 'aria-sort="descending"' in body
    assert client.get("/communities/communities/", {"sort": "pinyin"}).status_code == 200


def test_pages_follow_one_another(cast, sign_in):
    for number in range(60):
        make.make_organisation(f"M{number:03}", f"单位{number:03}")
    client = sign_in(cast.district)
    first = client.get("/streets/organisations/").content.decode()
    second = client.get("/streets/organisations/", {"page": 2}).content.decode()
    assert "共 64 条" in first
    assert "page=2" in first
    assert "M059" not in first
    assert "M059" in second
    for page in ("0", "-1", "abc", "99999999999999999999", "9999"):
        assert client.get("/streets/organisations/", {"page": page}).status_code == 200


def test_htmx_gets_the_rows_alone(cast, sign_in):
    answer = sign_in(cast.district).get("/streets/streets/", headers={"HX-Request": "true"})
    body = answer.content.decode()
    assert body.strip().startswith("{#") is False
    assert "<html" not in body
    assert 'id="rows"' in body
    assert "HX-Request" in answer["Vary"]


def test_the_count_is_capped(cast, sign_in):
    Organisation.objects.bulk_create(
        [Organisation(code=f"B{n}", name=f"批量{n}", is_department=True) for n in range(1001)]
    )
    assert "共 1,000+ 条" in sign_in(cast.district).get("/streets/organisations/").content.decode()


def test_an_empty_list_says_what_would_be_here(cast, sign_in):
    body = sign_in(cast.secretary).get("/grids/grid-posts/").content.decode()
    assert "目前还没有" in body
    assert "/grids/grid-posts/new/" in body


def test_columns_are_remembered_per_user(cast, sign_in):
    client, other = sign_in(cast.district), sign_in(cast.officer)
    answer = client.post(
        "/grids/grids/columns/", {"columns": ["boundary", "name", "nonsense"], "query": "kind=compound"}
    )
    assert answer["Location"] == "/grids/grids/?kind=compound"
    body = client.get("/grids/grids/").content.decode()
    assert "<th" in body
    assert "sort=boundary" in body
    assert "sort=households" not in body
    assert "sort=households" in other.get("/grids/grids/").content.decode()
    client.post("/grids/grids/columns/", {"reset": "1"})
    assert "sort=households" in client.get("/grids/grids/").content.decode()


# --- detail -----------------------------------------------------------------------------------


def test_detail_outside_the_scope_does_not_exist(cast, sign_in):
    client = sign_in(cast.secretary)
    assert client.get(f"/grids/grids/{cast.g1.code}/").status_code == 200
    assert client.get(f"/grids/grids/{cast.g2.code}/").status_code == 404
    assert client.get("/grids/grids/nonsense/").status_code == 404
    assert client.get("/grids/grids/%00/").status_code == 404
    assert client.get("/grids/grid-posts/99999999999999999999999/").status_code == 404
    assert client.get("/grids/grid-posts/abc/").status_code == 404


def test_detail_counts_what_the_linked_list_shows(cast, sign_in):
    client = sign_in(cast.district)
    body = client.get(f"/communities/communities/{cast.c1.code}/").content.decode()
    assert f'<a href="/grids/grids/?community={cast.c1.code}">共 3 条</a>' in body
    assert "共 3 条" in client.get("/grids/grids/", {"community": cast.c1.code}).content.decode()


def test_history_tells_changes_in_chinese(cast, sign_in):
    client = sign_in(cast.district)
    client.post(
        f"/streets/organisations/{cast.unit_org.code}/edit/",
        organisation_data(cast.unit_org, name="第一高级中学", community=cast.c2.code, is_property="on"),
    )
    body = client.get(f"/streets/organisations/{cast.unit_org.code}/").content.decode()
    assert "名称由“第一中学”改为“第一高级中学”" in body
    assert f"所在社区由“{cast.c1}”改为“{cast.c2}”" in body
    assert "物业公司由“否”改为“是”" in body
    assert str(cast.district) in body


def test_history_withholds_names_outside_the_scope(cast, sign_in):
    unit = cast.unit_org
    sign_in(cast.district).post(
        f"/streets/organisations/{unit.code}/edit/", organisation_data(unit, street="", community=cast.c3.code)
    )
    sign_in(cast.district).post(
        f"/streets/organisations/{unit.code}/edit/",
        {**organisation_data(unit, street="", community=cast.c1.code), "version": "2"},
    )
    body = sign_in(cast.secretary).get(f"/streets/organisations/{unit.code}/").content.decode()
    assert "（范围外）" in body
    assert str(cast.c3) not in body


# --- form ---------------------------------------------------------------------------------------


def organisation_data(organisation, **changes):
    data = {
        "code": organisation.code,  # fixed once it exists: ignored
        "name": organisation.name,
        "is_unit": "on",
        "is_active": "on",
        "street": organisation.street.code if organisation.street else "",
        "community": organisation.community.code if organisation.community else "",
        "version": str(organisation.version),
    }
    return {**data, **changes}


def test_creating_writes_row_and_trail(cast, sign_in):
    answer = sign_in(cast.secretary).post(
        "/grids/grids/new/",
        {
            "community": cast.c1.code,
            "kind": "resident_group",
            "name": "新网格",
            "households": "12",
            "group_chats": "0",
            "starts": "2026-01-01",
        },
    )
    grid = Grid.objects.get(name="新网格")
    assert answer["Location"] == f"/grids/grids/{grid.code}/"
    assert grid.code == cast.c1.code + "002"
    assert grid.street == cast.s1
    entry = AuditEntry.objects.get(object_type="grids.grid", object_id=str(grid.pk))
    assert (entry.action, entry.actor) == ("create", cast.secretary)


def test_what_can_be_one_value_only_is_not_asked(cast, sign_in):
    body = sign_in(cast.secretary).get("/grids/grids/new/").content.decode()
    assert f'<input type="hidden" name="community" value="{cast.c1.code}"' in body
    assert 'for="id_community"' not in body
    assert cast.c2.code not in body
    several = sign_in(cast.officer).get("/grids/grids/new/").content.decode()
    assert f'<option value="{cast.c1.code}">' in several


def test_a_foreign_choice_is_an_error_beside_the_field(cast, sign_in):
    answer = sign_in(cast.secretary).post(
        "/grids/grids/new/",
        {
            "community": cast.c2.code,
            "kind": "resident_group",
            "name": "闯入",
            "households": "1",
            "group_chats": "0",
            "starts": "2026-01-01",
        },
    )
    assert answer.status_code == 422
    assert "community" in answer.content.decode()
    assert "闯入" in answer.content.decode()
    assert not Grid.objects.filter(name="闯入").exists()


def test_foreign_rows_can_not_be_typed_either(cast, sign_in):
    data = {"kind": "leader", "name": "闯入", "starts": "2026-01-01"}
    client = sign_in(cast.secretary)
    for text in (cast.g2.code, f"{cast.g2.code} {cast.g2.name}", "没有", "\x00"):
        answer = client.post("/grids/grid-posts/new/", {**data, "grid": text})
        assert answer.status_code == 422
        assert "没有找到" in answer.content.decode()
    assert client.post("/grids/grid-posts/new/", {**data, "grid": f"{cast.g1.code} 任意"}).status_code == 302
    assert GridPost.objects.get().grid == cast.g1


def test_a_row_can_not_be_moved_out_of_the_scope(cast, sign_in):
    unit = cast.unit_org
    answer = sign_in(cast.officer).post(
        f"/streets/organisations/{unit.code}/edit/", organisation_data(unit, street="", community="")
    )
    assert answer.status_code == 422
    assert "不在您的管辖范围内" in answer.content.decode()
    unit.refresh_from_db()
    assert unit.community == cast.c1


def test_editing_needs_the_right_where_the_row_is(cast, sign_in):
    officer, secretary = sign_in(cast.officer), sign_in(cast.secretary)
    assert secretary.get(f"/communities/communities/{cast.c1.code}/edit/").status_code == 403
    assert officer.get(f"/communities/communities/{cast.c1.code}/edit/").status_code == 200
    assert officer.get(f"/communities/communities/{cast.c3.code}/edit/").status_code == 404
    # In the directory for everybody, but not theirs to change.
    assert officer.get(f"/streets/organisations/{cast.law.code}/").status_code == 200
    assert officer.get(f"/streets/organisations/{cast.law.code}/edit/").status_code == 403
    assert secretary.get(f"/grids/areas/{cast.area.code}/").status_code == 200
    assert secretary.get(f"/grids/areas/{cast.area.code}/edit/").status_code == 403


def test_only_the_district_adds_streets(cast, sign_in):
    assert sign_in(cast.officer).get("/streets/streets/new/").status_code == 403
    data = {"code": "620902009", "name": "新街道"}
    assert sign_in(cast.district).post("/streets/streets/new/", data).status_code == 302
    assert Street.objects.filter(code="620902009").exists()


def test_what_is_fixed_at_creation_is_not_edited(cast, sign_in):
    client = sign_in(cast.district)
    data = {
        "name": "改名",
        "population": "1",
        "households": "1",
        "version": "1",
        "code": "620902009999",
        "street": cast.s2.code,
    }
    assert client.post(f"/communities/communities/{cast.c1.code}/edit/", data).status_code == 302
    code = cast.c1.code
    cast.c1.refresh_from_db()
    assert (cast.c1.name, cast.c1.code, cast.c1.street) == ("改名", code, cast.s1)


def test_links_are_saved_and_told(cast, sign_in):
    client = sign_in(cast.officer)
    other = make.make_grid(cast.c1, 2)
    data = {"code": cast.area.code, "name": "改名片区", "grids": [cast.g1.code, other.code], "version": "1"}
    assert client.post(f"/grids/areas/{cast.area.code}/edit/", data).status_code == 302
    assert set(cast.area.grids.all()) == {cast.g1, other}
    assert "网格由" in client.get(f"/grids/areas/{cast.area.code}/").content.decode()
    fresh = {"code": "P190", "name": "新片区", "street": cast.s1.code, "grids": [cast.g2.code]}
    assert client.post("/grids/areas/new/", fresh).status_code == 302
    assert list(Area.objects.get(code="P190").grids.all()) == [cast.g2]
    assert Area.objects.get(code="P190").version == 1


# --- two people at once ----------------------------------------------------------------------------


def test_the_second_editor_sees_both_edits(cast, sign_in):
    unit, url = cast.unit_org, f"/streets/organisations/{cast.unit_org.code}/edit/"
    stale = organisation_data(unit, address="我的地址", telephone="111111")
    sign_in(cast.district).post(url, organisation_data(unit, name="他们的名称", address="他们的地址"))
    answer = sign_in(cast.officer).post(url, stale)
    body = answer.content.decode()
    assert answer.status_code == 409
    for words in ("我的地址", "他们的地址", "他们的名称", "111111", "两人都改了", str(cast.district)):
        assert words in body
    unit.refresh_from_db()
    assert (unit.address, unit.version) == ("他们的地址", 2)
    # What only the others changed stays theirs unless chosen; what only I changed is mine.
    assert 'name="take_name" value="theirs" checked' in body
    assert 'name="take_telephone" value="mine" checked' in body


def test_the_choice_on_the_conflict_page_is_saved(cast, sign_in):
    unit, url = cast.unit_org, f"/streets/organisations/{cast.unit_org.code}/edit/"
    sign_in(cast.district).post(
        url, organisation_data(unit, name="他们的名称", address="他们的地址", community=cast.c2.code)
    )
    mine = organisation_data(unit, address="我的地址", version="2", is_unit="True")
    mine |= {"take_name": "theirs", "take_address": "mine", "take_community": "theirs", "take_nonsense": "theirs"}
    assert sign_in(cast.officer).post(url, mine).status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.address, unit.community, unit.version) == ("他们的名称", "我的地址", cast.c2, 3)


@pytest.mark.parametrize("version", ["", "abc", "-1", "99999999999999999999999", None])
def test_an_unusable_version_is_an_error_not_an_overwrite(cast, sign_in, version):
    data = organisation_data(cast.unit_org, name="盲写")
    if version is None:
        del data["version"]
    else:
        data["version"] = version
    answer = sign_in(cast.district).post(f"/streets/organisations/{cast.unit_org.code}/edit/", data)
    assert answer.status_code == 422
    assert "页面已过期" in answer.content.decode()
    assert not Organisation.objects.filter(name="盲写").exists()


# --- bad input -------------------------------------------------------------------------------------------

BAD = ["\x00", "x" * 5000, "9" * 40, "-1", "{'a': 1}", "<script>", "２０２６年", "%00", "1e400", "NaN"]


@pytest.mark.parametrize("name", BUSINESS)
def test_bad_input_is_never_an_error_of_ours(cast, sign_in, name):
    for bad in BAD:
        send_everywhere(site[name], cast.district, sign_in(cast.district), bad)


def send_everywhere(register, user, client, bad):
    """Send ``bad`` as every parameter and field of the register's pages."""
    names = [*register.filterset.base_filters, "sort", "page", "unknown"]
    assert client.get(register.list_url, dict.fromkeys(names, bad)).status_code == 200
    assert client.get(register.list_url + "export/", dict.fromkeys(names, bad)).status_code in (200, 400)
    if register.fields:
        answer = client.post(register.list_url + "new/", dict.fromkeys(register.fields, bad))
        assert answer.status_code == 422
        row = register.rows(user).first()
        if row is not None:
            answer = client.post(register.url_of(row) + "edit/", dict.fromkeys([*register.fields, "version"], bad))
            assert answer.status_code == 422
        assert client.get(register.list_url + "new/", dict.fromkeys(register.fields, bad)).status_code == 200


def test_what_was_typed_is_shown_as_text(cast, sign_in):
    answer = sign_in(cast.district).post("/streets/streets/new/", {"code": "1", "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.content.decode()


# --- suggestions -----------------------------------------------------------------------------------------------


def test_suggestions_stay_in_scope(cast, sign_in):
    client = sign_in(cast.secretary)
    found = client.get("/grids/grid-posts/choices/grid/", {"in": "form", "q": "居民小组"}).json()["results"]
    values = [choice["value"].split()[0] for choice in found]
    assert cast.g1.code in values
    assert cast.g2.code not in values
    assert client.get("/grids/grid-posts/choices/name/").status_code == 404
    assert client.get("/grids/grid-posts/choices/user/").status_code == 404
    assert client.get("/grids/grid-posts/choices/grid/", {"q": "\x00"}).status_code == 200
    assert sign_in(cast.leader).get("/grids/grid-posts/choices/grid/", {"in": "form", "q": ""}).status_code == 404


# --- constant queries ---------------------------------------------------------------------------------------------


def test_lists_cost_the_same_queries_for_ten_and_for_a_hundred_rows(cast, sign_in):
    district, security = sign_in(cast.district), sign_in(cast.security)

    def queries():
        found = {}
        for register in site.registers:
            client = district if cast.district.can(register.view_verb) else security
            with CaptureQueriesContext(connection) as captured:
                assert client.get(register.list_url).status_code == 200
            found[register.name] = len(captured)
        return found

    many(cast, 0, 10)
    queries()
    ten = queries()
    many(cast, 10, 100)
    queries()  # what is kept between requests is there again
    assert queries() == ten
    assert max(ten.values()) <= 16


def test_every_column_and_filter_is_called_by_a_chinese_name(db):
    chinese = re.compile("[\u4e00-\u9fff]")
    for register in site.registers:
        names = {*register.columns, *register.more_columns, *register.details, *register.fields}
        called = {name: str(register.label_of(name)) for name in names}
        called |= {name: str(row.label) for name, row in register.filterset.base_filters.items()}
        assert {name: label for name, label in called.items() if not chinese.search(label)} == {}, register.name

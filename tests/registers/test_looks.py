"""How registers look: what each list, form and page shows at first, to each of its readers."""

import re

import pytest
from django.utils import timezone

from communities.directory.models import Community
from covenants.deliveries.models import Commitment
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.standing import OPEN
from tests import factories as make
from tests.covenants.made import signed
from tests.registers.world import REGISTERS, post_of

WHO = ("district", "officer", "secretary", "leader", "area_leader", "department", "liaison", "security", "system")
COLUMNS = 6


def filters_of(client, address):
    """Labels of the filters of a list: those that stand open, those behind 更多条件; None where it is refused."""
    answer = client.get(address)
    if answer.status_code == 403:
        return None
    form = answer.content.decode().partition('id="filters"')[2].partition("</form>")[0]
    stand, _, more = form.partition("more-filters")
    return [re.findall(r'<label class="form-label"[^>]*>([^<]+)', part) for part in (stand, more)]


def all_filters_of(client, address):
    """All labels."""
    stand, more = filters_of(client, address)
    return [*stand, *more]


@pytest.mark.parametrize("name", REGISTERS)
def test_a_list_shows_six_columns_at_most(name):
    register = site[name]
    assert 1 <= len(register.columns) <= COLUMNS
    assert not register.open_filters or len(set(register.open_filters)) == len(register.open_filters)
    assert set(register.open_filters) <= set(register.filterset.base_filters)
    assert {one for group in register.together for one in group} <= set(register.fields)


@pytest.mark.parametrize("who", WHO)
def test_no_more_than_four_filters_stand_open(cast, sign_in, who):
    client = sign_in(getattr(cast, who))
    for register in site.registers:
        if found := filters_of(client, register.list_url):
            stand, more = found
            assert len(stand) <= OPEN + 1, (register.name, stand)
            assert not set(stand) & set(more)
            assert ("搜索" in stand) == bool(register.search)


def test_what_says_nothing_to_its_reader_is_not_shown(cast, sign_in):
    post_of(cast.g1)
    district, secretary = sign_in(cast.district), sign_in(cast.secretary)
    assert "社区" in all_filters_of(district, "/grids/grid-posts/")
    assert "社区" not in all_filters_of(secretary, "/grids/grid-posts/")
    assert 'data-label="社区"' in district.get("/grids/grid-posts/").content.decode()
    body = secretary.get("/grids/grid-posts/").content.decode()
    assert 'data-label="社区"' not in body
    # Whoever wants the column has it.
    secretary.post("/grids/grid-posts/columns/", {"columns": ["name", "community"]})
    assert 'data-label="社区"' in secretary.get("/grids/grid-posts/").content.decode()


def test_a_unit_is_not_asked_which_unit(cast, sign_in):
    signed(cast)
    assert "共建单位" in all_filters_of(sign_in(cast.secretary), "/covenants/covenants/")
    assert "共建单位" not in all_filters_of(sign_in(cast.liaison), "/covenants/covenants/")
    promises = [sign_in(user).get("/covenants/commitments/") for user in (cast.secretary, cast.liaison)]
    assert ['data-label="共建单位"' in answer.content.decode() for answer in promises] == [True, False]
    assert ['data-label="社区"' in answer.content.decode() for answer in promises] == [False, True]


def test_a_filter_behind_more_is_counted(cast, sign_in):
    client = sign_in(cast.district)
    page = client.get("/grids/grids/", {"current": "true"}).content.decode()
    assert '<span id="filters-in-use">（1）</span>' in page
    rows = client.get("/grids/grids/", {"current": "true"}, HTTP_HX_REQUEST="true").content.decode()
    assert '<span id="filters-in-use" hx-swap-oob="true">（1）</span>' in rows
    assert "（1）" not in client.get("/grids/grids/", {"kind": "building"}).content.decode()


def test_a_grid_is_named_with_its_compound(cast, sign_in):
    building = make.make_grid(cast.compound, 3)
    body = sign_in(cast.secretary).get("/grids/grids/").content.decode()
    assert building.full_name in re.findall(r'data-label="网格"><a[^>]*>(?:<[^>]+>)?([^<]+)<', body)


def test_the_usual_is_silent_and_only_what_needs_care_speaks(cast, sign_in):
    covenant = signed(cast)
    row = Commitment.objects.filter(covenant=covenant, fulfilled_on=None).first()
    client = sign_in(cast.secretary)

    def told(days):
        day = timezone.localdate() + timezone.timedelta(days=days)
        Commitment.objects.filter(pk=row.pk).update(due_on=day)
        body = client.get("/covenants/commitments/", {"q": row.title}).content.decode()
        return re.search(r'data-label="进度">(?:<[^>]+>)?([^<]*)<', body)[1]

    assert [told(days) for days in (90, 2, -1)] == ["", "临期", "超期"]


def test_a_row_says_nothing_twice(cast, sign_in):
    covenant = signed(cast)
    row = Commitment.objects.filter(covenant=covenant, quantity__isnull=False).first()
    body = sign_in(cast.secretary).get(f"/covenants/commitments/{row.pk}/").content.decode()
    facts = re.findall(r"<dt>([^<]+)</dt><dd>([^<]*)</dd>", body)
    labels = [label for label, _text in facts]
    assert len(labels) == len(set(labels))
    assert not {"数量", "计量单位", "已确认数量", "已确认金额（元）", "约定"} & set(labels)
    assert all(text for _label, text in facts)
    assert row.title not in [text for _label, text in facts]


def test_a_place_is_one_fact(cast, sign_in):
    post = post_of(cast.compound)
    body = sign_in(cast.secretary).get(f"/grids/grid-posts/{post.pk}/").content.decode()
    assert f"<dt>地点</dt><dd>{cast.c1} {cast.compound.full_name}</dd>" in body


# --- forms ---------------------------------------------------------------------------------------------------------


def test_the_first_field_has_the_focus_and_after_an_error_what_is_wrong(cast, sign_in):
    client = sign_in(cast.officer)
    address = "/communities/communities/new/"

    def focused(body):
        return re.findall(r'name="(\w+)"[^>]* autofocus', body)

    assert focused(client.get(address).content.decode()) == ["code"]
    data = {"code": "620902001999", "street": cast.s1.code, "population": "-1", "households": "1", "name": "甲"}
    answer = client.post(address, data)
    assert answer.status_code == 422
    assert focused(answer.content.decode()) == ["population"]


def test_fields_that_belong_together_stand_side_by_side(cast, sign_in):
    body = sign_in(cast.secretary).get("/covenants/needs/new/").content.decode()
    lines = [re.findall(r'name="(\w+)"', line) for line in body.split('<div class="field-line')[1:]]
    assert [line[:2] for line in lines][1:3] == [["quantity", "unit"], ["begins", "ends"]]


def test_many_choices_are_found_by_typing_never_a_wall_of_boxes(cast, sign_in):
    client = sign_in(cast.officer)
    few = client.get("/grids/areas/new/").content.decode()
    assert 'type="checkbox" name="grids"' in few
    for number in range(20, 40):
        make.make_grid(cast.c1, number)
    many = client.get("/grids/areas/new/").content.decode()
    assert 'type="checkbox" name="grids"' not in many
    select = re.search(r'<select name="grids"[^>]*>', many)[0]
    assert "multiple" in select
    assert "data-combobox" in select
    foreign = Community.objects.exclude(street=cast.s1).first()
    assert foreign.code not in many.partition('name="grids"')[2].partition("</select>")[0]

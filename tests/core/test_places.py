"""Places: consistent by the database, visible by assignment."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from communities.directory.models import Community
from grids.issues.models import Issue
from grids.places.finding import find_places, place_named
from grids.places.models import Grid, GridPost
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.lib.registers.choices import pick
from tests import factories as make

pytestmark = pytest.mark.dialect


def test_the_database_refuses_a_row_whose_places_disagree(cast):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    for wrong in ({"community": cast.c2}, {"street": cast.s2}, {"grid": cast.g2}):
        with pytest.raises(DatabaseError, match="inconsistent place"), transaction.atomic():
            Issue.objects.filter(pk=issue.pk).update(**wrong)
    with pytest.raises(DatabaseError, match="inconsistent place"), transaction.atomic():
        Grid.objects.filter(pk=cast.compound.pk).update(parent=cast.g2)
    with pytest.raises(DatabaseError, match="inconsistent place"), transaction.atomic():
        Organisation.objects.filter(pk=cast.unit_org.pk).update(street=cast.s2)


def test_upper_places_are_filled_and_contradictions_named(cast):
    post = GridPost(grid=cast.building, name="王秀兰")
    post.clean()
    assert (post.community, post.street) == (cast.c1, cast.s1)
    with pytest.raises(ValidationError) as caught:
        GridPost(grid=cast.building, community=cast.c2, name="王秀兰").clean()
    assert "grid" in caught.value.message_dict


def test_a_grid_stands_under_the_right_kind(cast):
    for kind, parent in (("building", None), ("resident_group", cast.g1), ("compound", cast.building)):
        with pytest.raises(ValidationError):
            Grid(code="620902001002999", name="错", kind=kind, community=cast.c1, parent=parent).full_clean()


def test_a_role_needs_its_own_kind_of_place(cast):
    for fields in ({"street": cast.s1}, {}, {"community": cast.c1, "grid": cast.g1}):
        with pytest.raises(ValidationError):
            Assignment(user=cast.nobody, role=Role.COMMUNITY, **fields).full_clean()
    with pytest.raises(DatabaseError), transaction.atomic():
        Assignment.objects.create(user=cast.nobody, role=Role.COMMUNITY, street=cast.s1)


@pytest.mark.parametrize(
    ("who", "streets", "communities", "grids"),
    [
        ("district", 2, 3, 6),
        ("officer", 1, 2, 5),
        ("secretary", 0, 1, 3),
        ("sibling", 0, 1, 2),
        ("leader", 0, 0, 3),
        ("area_leader", 0, 0, 3),
        ("department", 0, 0, 0),
        ("nobody", 0, 0, 0),
    ],
)
def test_each_sees_their_place_and_below(cast, who, streets, communities, grids):
    user = getattr(cast, who)
    seen = tuple(model.objects.visible_to(user).count() for model in (Street, Community, Grid))
    assert seen == (streets, communities, grids)


def test_organisations_of_the_district_and_the_own_street_stand_in_the_directory(cast):
    def seen(user):
        return set(Organisation.objects.visible_to(user).values_list("code", flat=True))

    assert seen(cast.secretary) == {"D01", "D02", "U01"}
    assert seen(cast.other_officer) == {"D01", "D02", "U02"}
    assert seen(cast.nobody) == set()


def test_two_posts_do_not_lend_each_other_their_rights(cast):
    make.give_post(cast.secretary, Role.GRID, cast.g2)
    user = User.objects.get(pk=cast.secretary.pk)
    assert Grid.objects.visible_to(user).filter(pk=cast.g2.pk).exists()
    assert not Grid.objects.visible_to(user, Verb.GRIDS_EDIT).filter(pk=cast.g2.pk).exists()


def test_an_ended_post_gives_nothing(cast):
    Assignment.objects.filter(user=cast.secretary).update(ends="2021-01-01")
    user = User.objects.get(pk=cast.secretary.pk)
    assert not user.scope_for()
    assert not Community.objects.visible_to(user).exists()


def test_places_are_found_by_name_initials_and_pinyin_in_scope(cast):
    Community.objects.filter(pk=cast.c1.pk).update(name="民主街社区", pinyin="mzjsq minzhujieshequ")
    for query in ("民主", "mzj", "minzhu"):
        assert cast.c1 in find_places(query, cast.officer), query
        assert find_places(query, cast.sibling) == []
    assert place_named(cast.c1.code, cast.sibling) is None
    assert place_named(cast.building.code, cast.leader) == cast.building
    assert place_named("x' OR 1=1", cast.district) is None


def test_scope_costs_two_queries_at_most(cast, django_assert_max_num_queries):
    user = User.objects.get(pk=cast.area_leader.pk)
    with django_assert_max_num_queries(2):
        user.scope_for()
        user.scope_for(Verb.ISSUES_REPORT)
        assert user.can(Verb.ISSUES_VIEW)


def test_a_number_begins_a_word_where_nothing_is_called_so(cast):
    Grid.objects.filter(pk=cast.compound.pk).update(name="嘉和小区", pinyin="jhxq jiahexiaoqu")
    Grid.objects.filter(pk=cast.building.pk).update(name="3号楼", pinyin="3hl 3haolou")
    for query in ("嘉和小区 3号楼", "嘉和小区3号楼", "嘉和3", "jhxq3"):
        assert find_places(query, cast.officer) == [cast.building], query
        assert find_places(query, cast.sibling) == []


def test_a_grid_is_picked_by_its_name_with_what_it_lies_in(cast):
    other = make.make_grid(make.make_grid(cast.g1, 2), 1)
    Grid.objects.filter(pk=cast.compound.pk).update(name="嘉和小区")
    Grid.objects.filter(pk__in=[cast.building.pk, other.pk]).update(name="3号楼")
    rows = Grid.objects.visible_to(cast.secretary)
    above = cast.c1.street.name, cast.c1.name
    names = ("嘉和小区 3号楼", "嘉和小区3号楼", f"{above[1]} 嘉和小区 3号楼", f"{above[0]}{above[1]}嘉和小区3号楼")
    for text in names:
        assert pick(rows, "code", text) == cast.building, text
    for text in ("紫薇家属院 3号楼", "嘉和小区 4号楼", "某某嘉和小区3号楼"):
        assert pick(rows, "code", text) is None, text
    with pytest.raises(ValidationError, match="有多个“3号楼”，请连上级名称一起填"):
        pick(rows, "code", "3号楼")
    assert pick(Grid.objects.visible_to(cast.sibling), "code", "嘉和小区 3号楼") is None


def test_administrators_do_not_read_the_roster(cast, sign_in):
    for user in (cast.security, cast.system, cast.auditor):
        assert sign_in(user).get("/grids/grid-posts/").status_code == 403
    assert sign_in(cast.secretary).get("/grids/grid-posts/").status_code == 200

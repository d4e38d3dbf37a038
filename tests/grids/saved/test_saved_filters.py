"""Saved filters: one's own, and those shared within a place."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from grids.saved.services import saved_filters
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make

pytestmark = pytest.mark.dialect
URL = "/issues/?queue=all"


def make_filter(user, name="超期件", query="queue=overdue", **places):
    shared = {"is_shared": True} if places or name.startswith("全区") else {}
    return SavedFilter.objects.create(user=user, page="issues", name=name, query=query, **shared, **places)


def seen(user):
    return {one.name for one in saved_filters(user)}


def share(client, row, code, name=None):
    return client.post(f"/issues/filters/{row.pk}/", {"name": name or row.name, "share": code}, follow=True)


def test_a_filter_shared_with_a_community_is_seen_there_and_below_only(cast):
    make_filter(cast.secretary, "本社区", community=cast.c1)
    make_filter(cast.secretary, "自己的")
    assert seen(cast.secretary) == {"本社区", "自己的"}
    assert seen(cast.leader) == {"本社区"}
    for user in (cast.sibling, cast.sibling_leader, cast.officer, cast.other_officer, cast.district, cast.department):
        assert seen(user) == set()
    for user in (cast.area_leader, cast.liaison, cast.auditor, cast.nobody):
        assert seen(user) == set()


def test_a_filter_shared_with_a_street_or_the_district_reaches_all_below(cast):
    make_filter(cast.officer, "街道的", street=cast.s1)
    make_filter(cast.district, "全区的")
    below = (cast.officer, cast.secretary, cast.sibling, cast.leader, cast.sibling_leader, cast.area_leader)
    for user in below:
        assert seen(user) == {"街道的", "全区的"}
    assert seen(cast.other_officer) == {"全区的"}
    assert seen(cast.district) == {"全区的"}
    for user in (cast.department, cast.liaison):
        assert seen(user) == set()


def test_a_second_post_elsewhere_opens_what_is_shared_there(cast):
    make_filter(cast.sibling, "邻社区", community=cast.c2)
    make.give_post(cast.secretary, Role.COMMUNITY, cast.c2)
    assert seen(cast.secretary) == {"邻社区"}


def test_the_owner_shares_with_their_own_place_and_takes_it_back(cast, sign_in):
    row, client = make_filter(cast.secretary), sign_in(cast.secretary)
    page = share(client, row, cast.c1.code).content.decode()
    assert f"共享给{cast.c1}" in page
    assert "本社区共享" in page
    row.refresh_from_db()
    assert (row.is_shared, row.community, row.street) == (True, cast.c1, None)
    assert AuditEntry.objects.filter(object_type="accounts.savedfilter", action="update").count() == 1
    share(client, row, "")
    row.refresh_from_db()
    assert (row.is_shared, row.community) == (False, None)


@pytest.mark.parametrize("code", ["c2", "c3", "s1", "district", "x"])
def test_nobody_shares_with_a_place_that_is_not_theirs(cast, sign_in, code):
    row = make_filter(cast.secretary)
    place = getattr(cast, code).code if code in ("c2", "c3", "s1") else code
    assert share(sign_in(cast.secretary), row, place).status_code == 422
    row.refresh_from_db()
    assert not row.is_shared


def test_a_grid_leader_keeps_filters_to_themselves(cast, sign_in):
    row = make_filter(cast.leader)
    assert share(sign_in(cast.leader), row, cast.c1.code).status_code == 422
    assert share(sign_in(cast.leader), row, "", "改名").status_code == 200
    row.refresh_from_db()
    assert (row.name, row.is_shared) == ("改名", False)


def test_office_holders_of_the_place_look_after_what_is_shared_there(cast, sign_in):
    colleague = make.make_user("community.1b", Role.COMMUNITY, cast.c1)
    row = make_filter(cast.secretary, community=cast.c1)
    assert "管理" in sign_in(colleague).get(URL).content.decode()
    share(sign_in(colleague), row, cast.c1.code, "新名称")
    row.refresh_from_db()
    assert (row.name, row.user) == ("新名称", cast.secretary)
    for user, status in ((cast.leader, 403), (cast.sibling, 404), (cast.officer, 404), (cast.district, 404)):
        for address in (f"/issues/filters/{row.pk}/", f"/issues/filters/{row.pk}/delete/"):
            assert sign_in(user).post(address, {"name": "x"}).status_code == status
    share(sign_in(colleague), row, "")
    assert seen(colleague) == set()
    assert seen(cast.secretary) == {"新名称"}
    assert sign_in(colleague).post(f"/issues/filters/{row.pk}/delete/").status_code == 404


def test_office_holders_delete_what_is_shared_on_record(cast, sign_in):
    colleague = make.make_user("community.1b", Role.COMMUNITY, cast.c1)
    row = make_filter(cast.secretary, community=cast.c1)
    assert sign_in(colleague).post(f"/issues/filters/{row.pk}/delete/").status_code == 302
    assert AuditEntry.objects.get(object_type="accounts.savedfilter", action="delete").actor == colleague


def test_a_shared_filter_widens_nobodys_rows(cast, sign_in):
    mine = make.make_issue(cast.secretary, cast.building, cast.lamp)
    make.make_issue(cast.sibling, cast.c2, cast.lamp)
    make_filter(cast.officer, "路灯", "category=0102", street=cast.s1)
    assert "?category=0102" in sign_in(cast.secretary).get(URL).content.decode()
    rows = sign_in(cast.secretary).get("/issues/?category=0102").context["rows"]
    assert [row["number"] for row in rows] == [mine.number]


def test_what_names_a_foreign_place_is_shown_with_the_reason(cast, sign_in):
    make_filter(cast.officer, "二社区", f"community={cast.c2.code}", street=cast.s1)
    make_filter(cast.officer, "一社区", f"community={cast.c1.code}", street=cast.s1)
    make_filter(cast.officer, "网格", f"grid={cast.sibling_compound.code}", street=cast.s1)
    reasons = {one.name: one.reason for one in saved_filters(cast.secretary)}
    assert reasons == {
        "二社区": "条件里的社区不在您的管辖范围内",
        "一社区": "",
        "网格": "条件里的网格不在您的管辖范围内",
    }
    page = sign_in(cast.secretary).get(URL).content.decode()
    assert "条件里的社区不在您的管辖范围内" in page
    assert f'href="?community={cast.c2.code}"' not in page
    assert not any(one.reason for one in saved_filters(cast.officer))


def test_two_filters_of_one_owner_do_not_share_a_name(cast, sign_in):
    make_filter(cast.secretary, "甲")
    row = make_filter(cast.secretary, "乙")
    answer = share(sign_in(cast.secretary), row, "", "甲")
    assert answer.status_code == 422
    assert "已有同名的常用筛选。" in answer.content.decode()


def test_the_database_refuses_two_places_and_places_without_sharing(cast):
    for wrong in ({"street": cast.s1, "community": cast.c1}, {"street": cast.s1, "is_shared": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedFilter.objects.create(user=cast.officer, page="issues", name="x", **{"is_shared": True, **wrong})


def test_programs_read_their_own_and_the_shared_ones(cast, sign_in):
    make_filter(cast.officer, "街道的", f"community={cast.c2.code}", street=cast.s1)
    make_filter(cast.secretary, "自己的")
    rows = sign_in(cast.secretary).get("/api/v1/saved-filters/").json()
    assert {row["name"]: (row["shared_with"], row["may_edit"], row["unusable"]) for row in rows} == {
        "街道的": (cast.s1.name, False, "条件里的社区不在您的管辖范围内"),
        "自己的": (None, True, None),
    }
    assert sign_in(cast.secretary).get("/api/v1/saved-filters/?x=1").status_code == 400
    assert sign_in(cast.auditor).get("/api/v1/saved-filters/").status_code == 403


def test_the_desks_queries_do_not_grow_with_shared_filters(cast, sign_in):
    def queries():
        client = sign_in(cast.secretary)
        client.get(URL)
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        return len(captured)

    without = queries()
    make_filter(cast.officer, "零", "queue=open", street=cast.s1)
    assert queries() == without
    make_filter(cast.officer, "一", f"community={cast.c2.code}", street=cast.s1)
    few = queries()
    for index in range(20):
        make_filter(cast.officer, f"筛选{index}", f"community={cast.c1.code}", street=cast.s1)
    assert queries() == few == without + 1


@pytest.mark.parametrize("query", ["q=13812345678", "q=1381234+5678&queue=all", "queue=all&q=138%2D1234%2D5678"])
def test_a_filter_that_looks_for_a_telephone_number_is_not_kept(cast, sign_in, query):
    sign_in(cast.secretary).post("/issues/filters/", {"name": "找人", "query": query})
    assert not SavedFilter.objects.exists()

"""The page of a grid: people, 五个一, what waits, where it came from; and the section of the places above."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.changes import services as grid_changes
from grids.changes.services import Part
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.places.models import GridPost
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make


@pytest.fixture
def slot(cast):
    return make.saved(FiveOne(code="1", name="一处服务阵地", what="有开放时间", starts=make.LONG_AGO))


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(client, grid):
    response = client.get(f"/grids/grids/{grid.code}/")
    assert response.status_code == 200
    return text_of(response)


def lead(grid, name, by):
    return grid_changes.change_leader(grid, name=name, by=by)


def build(grid, slot, **fields):
    return make.saved(FiveOneRecord(grid=grid, community=grid.community, street=grid.street, slot=slot, **fields))


def test_the_page_names_leader_predecessors_and_their_terms(cast, sign_in):
    lead(cast.g1, "王秀兰", cast.secretary)
    lead(cast.g1, "李建国", cast.secretary)
    words = page(sign_in(cast.secretary), cast.g1)
    today = timezone.localdate()
    assert f"网格长 李建国 {today.year}年" in words
    assert f"历任 1 任 王秀兰 {today} 至 {today}" in words
    assert "王秀兰 → 李建国" in words  # the change itself


def test_predecessors_in_the_grid_before_are_remembered(cast, sign_in):
    lead(cast.g1, "王秀兰", cast.secretary)
    north, south = grid_changes.split(
        cast.g1, parts=[Part("北组"), Part("南组")], reason="人口增长", by=cast.secretary
    ).successors
    assert "在第1居民小组" in page(sign_in(cast.secretary), north)
    words = page(sign_in(cast.secretary), south)
    assert "第1居民小组 → 南组" in words
    assert "（人口增长）" in words
    old = page(sign_in(cast.secretary), cast.g1)
    assert "停用" in old
    assert "第1居民小组 → 北组、南组" in old


def test_the_page_shows_what_the_grid_has(cast, slot, sign_in):
    build(cast.g1, slot, evidence="活动室在三号楼一层")
    type(cast.building).objects.filter(pk=cast.building.pk).update(group_chats=2, has_party_branch=True)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, "三号楼路灯不亮")
    words = page(sign_in(cast.secretary), cast.g1)
    assert "一处服务阵地 已建" in words
    assert "活动室在三号楼一层" in words
    assert "下级 2 个" in words
    assert "1 / 1 栋已建" in words
    assert f"在办事件 1 件 {issue.category}" in words
    assert "第一中学" in words  # the co-building unit of its community
    assert "第1片区" in words
    assert "下级网格 2 个" in words


def test_a_grid_leader_reads_and_changes_nothing(cast, slot, sign_in):
    client = sign_in(cast.leader)
    html = client.get(f"/grids/grids/{cast.g1.code}/").content.decode()
    for address in ("edit/", "split/", f"/grids/grids/{cast.g1.code}/leader/", "five-ones/1/"):
        assert f'href="{address}"' not in html
        assert f'href="{address}"' in sign_in(cast.secretary).get(f"/grids/grids/{cast.g1.code}/").content.decode()
    for address in ("split", "merge", "transfer", "close", "five-ones/1"):
        assert client.get(f"/grids/grids/{cast.g1.code}/{address}/").status_code == 403


def test_security_sees_the_place_without_the_names_of_its_leaders(cast, sign_in):
    lead(cast.g1, "王秀兰", cast.secretary)
    lead(cast.g1, "李建国", cast.secretary)
    change = cast.c1.grid_changes.first()
    client = sign_in(cast.security)
    for words in (page(client, cast.g1), text_of(client.get(f"/grids/grid-changes/{change.pk}/"))):
        assert "王秀兰" not in words
        assert "李建国" not in words


def test_a_slot_is_entered_with_its_date_and_history(cast, slot, sign_in):
    client = sign_in(cast.secretary)
    address = f"/grids/grids/{cast.g1.code}/five-ones/1/"
    assert "有开放时间" in text_of(client.get(address))
    form = {"state": "under_way", "since": "2026-03-01", "evidence": "正在装修", "version": "0"}
    back = f"/grids/coverage/gaps/?missing=five&place={cast.c1.code}"
    assert client.post(address, {**form, "next": back}).url == back
    record = cast.g1.five_ones.get()
    assert (record.state, str(record.since), record.evidence) == ("under_way", "2026-03-01", "正在装修")
    done = {**form, "state": "built", "version": "1", "next": "https://elsewhere.example/"}
    assert client.post(address, done).url == f"/grids/grids/{cast.g1.code}/"
    entry = AuditEntry.objects.filter(object_type="grids.fiveonerecord", action="update").get()
    assert entry.changes["state"] == ["under_way", "built"]


def test_two_people_at_one_slot_do_not_overwrite_each_other(cast, slot, sign_in):
    client = sign_in(cast.secretary)
    address = f"/grids/grids/{cast.g1.code}/five-ones/1/"
    form = {"state": "built", "since": "2026-03-01", "evidence": "东门", "version": "0"}
    assert client.post(address, form).status_code == 302
    late = client.post(address, {**form, "evidence": "西门"})
    assert late.status_code == 422
    assert "刚被他人登记过" in late.content.decode()
    assert "西门" in late.content.decode()
    assert cast.g1.five_ones.get().evidence == "东门"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"since": "2099-01-01"}, "不能晚于今天"),
        ({"evidence": "电话13812345678"}, "手机号"),
        ({"state": "done"}, "done"),
        ({"since": "昨天"}, "请填写日期"),
    ],
)
def test_a_slot_refuses_what_cannot_be(cast, slot, sign_in, change, error):
    form = {"state": "built", "since": "2026-03-01", "evidence": "", "version": "0", **change}
    response = sign_in(cast.secretary).post(f"/grids/grids/{cast.g1.code}/five-ones/1/", form)
    assert response.status_code == 422
    assert error in response.content.decode()
    assert not FiveOneRecord.objects.exists()


def test_a_slot_is_for_the_kinds_that_the_district_says(cast, slot, sign_in):
    client = sign_in(cast.secretary)
    assert client.get(f"/grids/grids/{cast.building.code}/five-ones/1/").status_code == 404
    assert "一处服务阵地" not in page(client, cast.building)
    slot.reach = FiveOne.Reach.EVERY
    slot.save()
    assert client.get(f"/grids/grids/{cast.building.code}/five-ones/1/").status_code == 200
    assert "一处服务阵地 未建" in page(client, cast.building)
    slot.ends = timezone.localdate()
    slot.save()
    assert "一处服务阵地" not in page(client, cast.building)


def test_photos_of_a_slot_go_along_with_a_transfer_and_not_beyond(cast, slot, sign_in):
    record = build(cast.g1, slot)
    photo = make.make_attachment(record, cast.secretary)
    assert sign_in(cast.secretary).get(f"/files/{photo.pk}/").status_code == 200
    assert sign_in(cast.sibling).get(f"/files/{photo.pk}/").status_code == 404
    (moved,) = grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer).successors
    heir = moved.five_ones.get()
    assert (heir.state, heir.origin) == (record.state, record)
    assert sign_in(cast.sibling).get(f"/files/{photo.pk}/").status_code == 200
    assert f"/files/{photo.pk}/" in sign_in(cast.sibling).get(heir.get_absolute_url()).content.decode()
    assert sign_in(cast.other_officer).get(f"/files/{photo.pk}/").status_code == 404


def test_the_pages_of_community_and_street_show_their_grids(cast, slot, sign_in):
    lead(cast.g1, "王秀兰", cast.secretary)
    make.make_issue(cast.secretary, cast.building, cast.lamp)
    words = text_of(sign_in(cast.secretary).get(f"/communities/communities/{cast.c1.code}/"))
    assert "网格长 1 / 3 2 个缺网格长" in words
    assert "在办事件 1 件" in words
    assert "第1居民小组 王秀兰" in words
    assert "网格长 1 / 5" in text_of(sign_in(cast.officer).get(f"/streets/streets/{cast.s1.code}/"))


def test_the_page_costs_the_same_with_10_and_100_rows(cast, slot, sign_in):
    client = sign_in(cast.secretary)
    counts = []
    for many in (10, 100):
        for number in range(many - 8, many):
            grid = make.make_grid(cast.g1, number + 100)
            make.saved(GridPost(grid=grid, community=cast.c1, street=cast.s1, name="甲", starts=make.LONG_AGO))
            make.make_issue(cast.secretary, grid, cast.lamp)
            lead(cast.g1, f"第{number}任", cast.secretary)
        page(client, cast.g1)
        with CaptureQueriesContext(connection) as captured:
            page(client, cast.g1)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 32

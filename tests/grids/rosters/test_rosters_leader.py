"""更换网格长, one grid at a time: the form, the API, and the register by hand."""

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from grids.places.models import GridChange, GridPost
from tests.grids.rosters.made import term
from tests.grids.rosters.test_rosters_undo import present, reaches


def address(grid):
    return f"/grids/grids/{grid.code}/leader/"


def change(client, grid, **data):
    return client.post(address(grid), {"name": "赵敏", "telephone": "13900000003", "effective": "2026-03-01", **data})


def api(client, grid, data, **headers):
    return client.post(
        f"/api/v1/grids/{grid.code}/leader/", json.dumps(data), content_type="application/json", headers=headers
    )


def notes():
    return [row.parts.get().note for row in GridChange.objects.filter(kind="leader").order_by("id")]


def test_a_new_leader_on_one_screen(cast, sign_in):
    old = term(cast.g1, cast.leader.name, user=cast.leader)
    client = sign_in(cast.secretary)
    page = client.get(address(cast.g1)).content.decode()
    assert "有登录账号（grid.1）" in page
    assert address(cast.g1) in client.get(f"/grids/grids/{cast.g1.code}/").content.decode()
    assert address(cast.g1) in client.get(f"/grids/grid-posts/{old.pk}/").content.decode()
    answer = change(client, cast.g1, present=present(cast.g1), reason="换届")
    assert answer["Location"] == f"/grids/grids/{cast.g1.code}/"
    old.refresh_from_db()
    assert str(old.ends) == "2026-03-01"
    new = GridPost.objects.get(ends=None)
    assert (new.name, new.telephone, str(new.starts)) == ("赵敏", "13900000003", "2026-03-01")
    assert GridChange.objects.get().reason == "换届"
    assert cast.g1.pk not in reaches(cast.leader)


def test_the_same_sent_twice_is_one_change_and_somebody_elses_is_shown(cast, sign_in):
    term(cast.g1)
    client = sign_in(cast.secretary)
    seen = present(cast.g1)
    for _time in range(2):
        assert change(client, cast.g1, present=seen).status_code == 302
    assert GridPost.objects.count() == 2
    answer = change(client, cast.g1, name="孙二", present=seen)
    assert answer.status_code == 409
    assert "现任已变为“赵敏”" in answer.content.decode()
    assert "孙二" in answer.content.decode()  # nothing typed is lost
    assert GridPost.objects.count() == 2


def test_a_leader_may_leave_without_a_follower(cast, sign_in):
    post = term(cast.g1)
    client = sign_in(cast.secretary)
    change(client, cast.g1, name="", telephone="", vacant="on", present=present(cast.g1))
    post.refresh_from_db()
    assert str(post.ends) == "2026-03-01"
    assert notes() == ["王秀兰 → （空缺）"]
    assert "现任" in client.get(address(cast.g1)).content.decode()
    answer = change(client, cast.g1, name="", telephone="", vacant="on")
    assert "现无网格长在任" in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": ""}, "请填写新任网格长姓名"),
        ({"vacant": "on"}, "不能同时空缺"),
        ({"name": "赵11010519491231002X"}, "疑似含身份证号"),
        ({"telephone": "一三九"}, "只含数字和短横"),
        ({"effective": ""}, "请填写生效日期"),
        ({"effective": "2999-01-01"}, "不能晚于今天"),
        ({"effective": "2020-02-01"}, "生效日期不能早于现任的任职起"),
        ({"reason": "请打 13812345678"}, "疑似含手机号"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_changes_nothing(cast, sign_in, data, words):
    term(cast.g1, starts="2020-06-01")
    answer = change(sign_in(cast.secretary), cast.g1, present=present(cast.g1), **data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert GridPost.objects.count() == 1


def test_who_may(cast, sign_in):
    for user, status in (
        (cast.officer, 200),
        (cast.district, 200),
        (cast.sibling, 404),
        (cast.other_officer, 404),
        (cast.leader, 403),
        (cast.area_leader, 403),
        (cast.department, 403),
    ):
        assert sign_in(user).get(address(cast.g1)).status_code == status
        expected = {200: 201}.get(status, status)
        assert api(sign_in(user), cast.g1, {"name": f"接任{'甲乙丙丁戊己庚'[status % 7]}"}).status_code == expected


def test_programs_change_a_leader_once(cast, sign_in):
    first = term(cast.g1)
    client = sign_in(cast.secretary)
    data = {"name": "赵敏", "effective": "2026-03-01", "present": first.pk}
    for _time in range(2):
        answer = api(client, cast.g1, data, **{"Idempotency-Key": "leader-1"})
        assert answer.status_code == 201
    assert answer.json() | {"id": 0} == {
        "id": 0,
        "grid": cast.g1.code,
        "kind": "leader",
        "name": "赵敏",
        "telephone": "",
        "starts": "2026-03-01",
        "ends": None,
        "version": 1,
    }
    assert GridPost.objects.count() == 2
    assert api(client, cast.g1, data).status_code == 409  # the leader that it saw is no longer there
    for wrong, field in (
        ({"name": ""}, "name"),
        ({"name": "甲", "effective": "2999-01-01"}, "effective"),
        ({"name": "甲", "effective": "2020-02-01"}, "effective"),
        ({"name": "甲", "colour": "x"}, "colour"),
    ):
        answer = api(client, cast.g1, wrong)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


# --- by hand ----------------------------------------------------------------------------------


def test_a_term_entered_by_hand_ends_the_one_before(cast, sign_in):
    old = term(cast.g1)
    data = {"grid": cast.g1.code, "kind": "leader", "name": "赵敏", "telephone": "", "starts": "2026-03-01", "ends": ""}
    client = sign_in(cast.secretary)
    assert client.post("/grids/grid-posts/new/", data).status_code == 302
    old.refresh_from_db()
    assert str(old.ends) == "2026-03-01"
    assert notes() == ["王秀兰 → 赵敏"]
    answer = client.post("/grids/grid-posts/new/", {**data, "name": "孙二", "starts": "2026-02-01"})
    assert answer.status_code == 422
    assert "不能早于现任的任职起" in answer.content.decode()
    # One of the past is no change of today.
    past = {**data, "name": "老组长", "starts": "2019-12-01", "ends": "2020-01-01"}
    assert client.post("/grids/grid-posts/new/", past).status_code == 302
    assert len(notes()) == 1


def test_another_name_in_a_running_term_is_a_correction_or_another_person(cast, sign_in):
    post = term(cast.g1, "王秀蓝")
    client = sign_in(cast.secretary)
    data = {"name": "王秀兰", "telephone": "", "starts": "2020-01-01", "ends": "", "version": "1"}
    edit = f"/grids/grid-posts/{post.pk}/edit/"
    answer = client.post(edit, data)
    assert answer.status_code == 422
    assert "请选择是更正还是换人" in answer.content.decode()
    assert client.post(edit, {**data, "name_change": "correct"}).status_code == 302
    assert GridPost.objects.get().name == "王秀兰"
    assert not notes()
    answer = client.post(edit, {**data, "name": "赵敏", "name_change": "replace", "version": "2"})
    new = GridPost.objects.get(ends=None)
    assert answer["Location"] == f"/grids/grid-posts/{new.pk}/"
    assert (new.name, new.starts) == ("赵敏", timezone.localdate())
    assert notes() == ["王秀兰 → 赵敏"]
    # Another's change meanwhile is not overwritten.
    stale = client.post(
        f"/grids/grid-posts/{new.pk}/edit/", {**data, "name": "孙二", "name_change": "replace", "version": "9"}
    )
    assert stale.status_code == 409


def test_a_term_ended_by_hand_is_a_dated_change(cast, sign_in):
    post = term(cast.g1, cast.leader.name, user=cast.leader)
    client = sign_in(cast.secretary)
    data = {"name": post.name, "telephone": "", "starts": "2020-01-01", "ends": "2026-03-01", "version": "1"}
    assert client.post(f"/grids/grid-posts/{post.pk}/edit/", data).status_code == 302
    assert notes() == [f"{cast.leader.name} → （空缺）"]
    assert cast.g1.pk not in reaches(cast.leader)


def test_a_term_with_an_end_to_come_is_a_plan_and_no_change_yet(cast, sign_in):
    post = term(cast.g1)
    day = timezone.localdate() + timedelta(days=30)
    data = {"name": post.name, "telephone": "", "starts": "2020-01-01", "ends": str(day), "version": "1"}
    assert sign_in(cast.secretary).post(f"/grids/grid-posts/{post.pk}/edit/", data).status_code == 302
    assert not notes()


def test_a_branch_secretary_is_followed_like_a_leader_but_is_no_change_of_the_grid(cast, sign_in):
    term(cast.g1, "刘书记", kind="secretary")
    data = {"grid": cast.g1.code, "kind": "secretary", "name": "赵敏", "telephone": "", "starts": "2026-03-01"}
    sign_in(cast.secretary).post("/grids/grid-posts/new/", data)
    assert list(GridPost.objects.order_by("id").values_list("name", "ends")) == [
        ("刘书记", date(2026, 3, 1)),
        ("赵敏", None),
    ]
    assert not notes()

"""Run by ``test_tips`` over the case of ``tests/core/tips``: steps with many rows of its list."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from scratch.tips.models import Tip
from scratch.tips.workflow import TIPPING

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.registers import site
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make

LIST = "/scratch/tips/"
BULK = f"{LIST}bulk/"


def tip_of(cast, what="楼道堆物", level="open"):
    return site["tips"].create({"community": cast.c1, "what": what, "level": level}, by=cast.officer)


@pytest.fixture
def three(cast):
    return [tip_of(cast, f"第{number}条") for number in range(3)]


def keys(tips):
    return [f"{tip.pk}.{tip.version}" for tip in tips]


def statuses(tips):
    return [Tip.objects.get(pk=tip.pk).status for tip in tips]


def run(client, tips, action="confirm", **values):
    return client.post(BULK, {"row": keys(tips), "action": action, "confirmed": "1", **values}, follow=True)


def test_boxes_stand_only_where_the_reader_may_take_some_step(cast, sign_in, three):
    TIPPING.apply(three[0], "confirm", by=cast.officer)
    page = sign_in(cast.officer).get(LIST).content.decode()
    assert 'data-label="<' not in page.replace("&lt;", "<")
    assert re.findall(r'name="row" value="(\d+)\.1"', page) == [str(three[2].pk), str(three[1].pk)]
    assert "批量属实…" in page
    assert "批量重新核实" not in page
    for user in (cast.area_leader, cast.liaison):
        assert 'name="row"' not in sign_in(user).get(LIST).content.decode()
    only_ended = sign_in(cast.officer).get(LIST, {"status": "true"}).content.decode()
    assert three[0].number in only_ended
    assert "data-check-all" not in only_ended


def test_the_preview_says_of_each_row_what_will_happen_or_why_not(cast, sign_in, three):
    ended, unknown, other = three[0], tip_of(cast, "空"), three[1]
    TIPPING.apply(ended, "dismiss", by=cast.officer, inputs={"note": "查无此事"})
    seen = [*keys(three), *keys([unknown])]
    site["tips"].update(other, {"person": "王五"}, by=cast.officer)
    page = sign_in(cast.officer).post(BULK, {"row": seen, "action": "confirm"}).content.decode()
    assert "将办理“属实” 1 件，3 件不能办理" in page
    assert "待核实 → 属实" in page
    for reason in ("刚被他人更新", "现在不能办理此步"):
        assert reason in page
    assert statuses(three) == ["false", "new", "new"]
    fresh = [f"{ended.pk}.2", *keys(three[2:])]
    assert "当前为“不属实”" in sign_in(cast.officer).post(BULK, {"row": fresh, "action": "confirm"}).content.decode()


def test_steps_are_taken_row_by_row_and_one_refusal_stops_no_other(cast, sign_in, three):
    seen = keys(three)
    TIPPING.apply(three[1], "dismiss", by=cast.officer, inputs={"note": "查无此事"})
    values = {"row": seen, "action": "confirm", "confirmed": "1", "note": "一并核实", "list": "status=new"}
    answer = sign_in(cast.officer).post(BULK, values, follow=True)
    page = answer.content.decode()
    assert "已办理“属实” 2 件，1 件没有办理" in page
    assert "刚被他人更新" in page
    assert "现在：属实" in page
    assert f'href="{LIST}?status=new"' in page
    assert statuses(three) == ["true", "false", "true"]
    assert three[0].events.last().note == "一并核实"
    assert AuditEntry.objects.filter(action="tip.confirm").count() == 2


def told():
    return [message.title for message in OutboxMessage.objects.filter(withdrawn_at=None).order_by("id")]


def test_everybody_is_told_of_each_row_what_was_done_with_it(cast, sign_in, three):
    OutboxMessage.objects.all().delete()
    run(sign_in(cast.district), three)
    assert told() == [f"{tip.number} 属实" for tip in three for _place in range(2)]  # the street, and the community
    assert set(OutboxMessage.objects.values_list("noun", "gathered")) == {("线索", "属实")}


def test_what_is_told_of_secret_rows_is_not_gathered(cast, sign_in):
    tips = [tip_of(cast, level="secret") for _number in range(2)]
    OutboxMessage.objects.all().delete()
    run(sign_in(cast.officer), tips)
    assert set(OutboxMessage.objects.values_list("noun", "gathered")) == {("", "")}
    assert not OutboxMessage.objects.filter(title__contains="属实").exists()


def test_nothing_is_told_of_a_step_that_was_refused(cast, sign_in, three):
    seen = keys(three)
    TIPPING.apply(three[0], "confirm", by=cast.district)
    OutboxMessage.objects.all().delete()
    values = {"row": seen, "action": "confirm", "confirmed": "1"}
    sign_in(cast.district).post(BULK, values)
    assert set(told()) == {f"{tip.number} 属实" for tip in three[1:]}


def test_nothing_is_told_of_a_batch_that_was_taken_back_at_once(cast, sign_in, three):
    OutboxMessage.objects.all().delete()
    client = sign_in(cast.district)
    page = run(client, three).request["PATH_INFO"]
    client.post(f"{page}undo/")
    assert statuses(three) == ["new"] * 3
    assert set(told()) == {f"{tip.number} 重新核实" for tip in three}, "the keepers hear that it waits again"


def test_inputs_are_asked_for_and_kept(cast, sign_in, three):
    answer = sign_in(cast.officer).post(BULK, {"row": keys(three), "action": "dismiss", "confirmed": "1", "note": ""})
    assert answer.status_code == 422
    assert "请填写原因。" in answer.content.decode()
    assert statuses(three) == ["new"] * 3


def test_it_stays_in_scope(cast, sign_in, three):
    secret = tip_of(cast, level="secret")
    page = run(sign_in(cast.other_officer), three).content.decode()
    assert "请先勾选要办理的线索。" in page
    page = run(sign_in(cast.secretary), [*three, secret]).content.decode()
    assert "已办理“属实” 3 件" in page
    assert secret.number not in page
    assert statuses([secret]) == ["new"]
    assert run(sign_in(cast.department), three).status_code == 403
    refused = run(sign_in(cast.area_leader), [tip_of(cast)])
    assert "已办理" not in refused.content.decode()


@pytest.mark.parametrize("value", ["", "x", "1", "1.x", "٣.1", "9" * 30 + ".1", "1.1\x00"])
def test_it_takes_no_nonsense(cast, sign_in, value):
    client = sign_in(cast.officer)
    answer = client.post(BULK, {"row": value, "action": "confirm", "list": "\x00&&=%"}, follow=True)
    assert answer.status_code in (200, 400)
    assert client.post(BULK, {"row": "1.1", "action": "resume"}).status_code == 404
    assert client.get(BULK).status_code == 302
    assert client.get(f"{BULK}0123456789abcdef/").status_code == 404
    assert client.post(f"{BULK}0123456789abcdef/undo/").status_code == 404


def test_a_batch_is_taken_back_by_whoever_did_it_but_for_what_went_on(cast, sign_in, three):
    client = sign_in(cast.officer)
    result = run(client, three).redirect_chain[-1][0]
    assert "前可整批撤回" in client.get(result).content.decode()
    assert sign_in(cast.officer).get(result).status_code == 404  # another session
    touched = Tip.objects.get(pk=three[0].pk)
    site["tips"].update(touched, {"person": "王五"}, by=cast.officer)
    page = client.post(f"{result}undo/", follow=True).content.decode()
    assert "已撤回 2 件。" in page
    assert f"1 件没有撤回：{three[0].number} 刚被他人更新。" in page
    assert statuses(three) == ["true", "new", "new"]
    assert three[1].events.last().note == "批量属实有误，撤回"
    assert "前可整批撤回" not in page
    assert "已过可整批撤回的时间" in client.post(f"{result}undo/", follow=True).content.decode()


def test_not_after_its_minutes_and_not_without_a_reversing_step(cast, sign_in, three, monkeypatch):
    client = sign_in(cast.officer)
    result = run(client, three[:1]).redirect_chain[-1][0]
    now = timezone.now() + timedelta(minutes=15)
    monkeypatch.setattr("suzhou_portal.lib.cases.bulk.timezone.now", lambda: now)
    assert "前可整批撤回" not in client.get(result).content.decode()
    client.post(f"{result}undo/")
    assert statuses(three[:1]) == ["true"]
    monkeypatch.undo()
    result = run(client, three[1:], "dismiss", note="查无此事").redirect_chain[-1][0]
    assert "前可整批撤回" not in client.get(result).content.decode()
    client.post(f"{result}undo/")
    assert statuses(three[1:]) == ["false"] * 2


def test_at_most_a_hundred_and_the_list_costs_the_same_with_many(cast, sign_in, django_assert_max_num_queries):
    values = {"row": [*keys([tip_of(cast)]), *(f"{number}.1" for number in range(1000, 1100))], "action": "confirm"}
    assert "一次最多办理 100 件。" in sign_in(cast.officer).post(BULK, values, follow=True).content.decode()
    for number in range(20):
        make.saved(Tip(street=cast.s1, community=cast.c1, number=f"T-{number}", what="x"))
    client = sign_in(cast.officer)
    client.get(LIST)
    with django_assert_max_num_queries(16):
        client.get(LIST)


def test_a_constraint_that_a_step_would_break_stands_beside_the_step(cast, sign_in):
    tip = tip_of(cast, "查无此事")
    sent = {"version": tip.version, "note": "核实"}
    told = sign_in(cast.officer).post(f"{LIST}{tip.number}/actions/confirm/", sent, follow=True)
    assert "查无此事的线索不能属实。" in told.content.decode()
    assert statuses([tip]) == ["new"]

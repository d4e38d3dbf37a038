"""The inbox, its settings, 运行状态 and 消息投递 in a browser."""

import pytest

from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices import preferences
from suzhou_portal.notices.models import Delivery, Kind, Notice
from suzhou_portal.notices.preferences import Mode
from suzhou_portal.notices.services import beat, deliver_waiting, enqueue
from tests.e2e.conftest import check_fits
from tests.notices.conftest import reachable, way

__all__ = ["way"]  # a fixture


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_pages_are_accessible_and_fit(portal, live_cast, way, check_accessible, theme, size):
    beat("worker")
    reachable(live_cast.system)
    enqueue(title="SZ-2026-000001 派办给 城管执法队", url="/inbox/", roles=[Role.SYSTEM], kind=Kind.ASSIGNED)
    deliver_waiting()
    Delivery.objects.update(state=Delivery.State.DEAD, attempts=8, last_error="网关连不上或中断了连接")
    paths = ("/inbox/", "/inbox/?unread=1&kind=assigned", "/operations/", "/me/notices/", "/operations/deliveries/")
    for path in paths:
        page = portal.open(path, live_cast.system, theme=theme, size=size)
        check_accessible(page)
        check_fits(page)


def test_a_notice_is_read_by_opening_it(portal, live_cast):
    enqueue(title="新事件", url="/inbox/?unread=1", roles=[Role.SYSTEM])
    deliver_waiting()
    page = portal.open("/inbox/", live_cast.system)
    page.get_by_role("link", name="新事件").click()
    page.get_by_text("没有未读的消息。").wait_for()
    assert Notice.objects.get().read_at is not None


def test_how_one_is_told_is_chosen_with_the_keyboard(portal, live_cast):
    page = portal.open("/me/notices/", live_cast.secretary, size="phone")
    page.get_by_role("group", name="待我办理").get_by_label("立即推送").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("消息设置已保存").wait_for()
    assert page.get_by_role("group", name="待我办理").get_by_label("并入每日待办").is_checked()
    assert preferences.choices_for(live_cast.secretary).mode(Kind.ASSIGNED) == Mode.DIGEST


def test_what_did_not_arrive_is_sent_again_after_a_question(portal, live_cast, way):
    reachable(live_cast.secretary)
    enqueue(title="新事件", url="/inbox/", users=[live_cast.secretary], kind=Kind.ASSIGNED)
    deliver_waiting()
    Delivery.objects.update(state=Delivery.State.DEAD, last_error="网关答复 401")
    page = portal.open("/operations/deliveries/", live_cast.system)
    page.get_by_role("button", name="全部重发").click()
    page.get_by_role("dialog").get_by_role("button", name="全部重发").click()
    page.get_by_text("重新排队").wait_for()
    page.get_by_text("没有未送达的消息。").wait_for()
    assert Delivery.objects.get().state == Delivery.State.WAITING

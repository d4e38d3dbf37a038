"""The inbox and the page 运行状态 in a browser."""

import pytest

from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices.models import Notice
from suzhou_portal.notices.services import beat, deliver_waiting, enqueue
from tests.e2e.conftest import check_fits


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_pages_are_accessible_and_fit(portal, live_cast, check_accessible, theme, size):
    beat("worker")
    enqueue(title="SZ-2026-000001 派办给 城管执法队", url="/inbox/", roles=[Role.SYSTEM])
    deliver_waiting()
    for path in ("/inbox/", "/inbox/?unread=1", "/operations/"):
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

"""The inbox page."""

import pytest
from django.urls import reverse

from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices.models import Kind, Notice
from suzhou_portal.notices.services import deliver_waiting, enqueue
from suzhou_portal.notices.views import inbox


def tell(cast, count=1):
    for number in range(count):
        enqueue(
            title=f"第{number}件", url=f"/inbox/?n={number}", roles=[Role.COMMUNITY], place={"community": cast.c1.pk}
        )
    deliver_waiting()
    return list(Notice.objects.filter(user=cast.secretary).order_by("-id"))


def test_newest_first_and_only_ones_own(cast, sign_in):
    tell(cast, 2)
    page = sign_in(cast.secretary).get(reverse("inbox")).content.decode()
    assert page.index("第1件") < page.index("第0件")
    assert "第1件" not in sign_in(cast.sibling).get(reverse("inbox")).content.decode()


def test_opening_marks_read_and_goes_there(cast, sign_in):
    (notice,) = tell(cast)
    answer = sign_in(cast.secretary).get(reverse("inbox-open", args=[notice.pk]))
    assert (answer.status_code, answer.url) == (302, "/inbox/?n=0")
    notice.refresh_from_db()
    assert notice.read_at is not None


@pytest.mark.parametrize("name", ["inbox-open", "inbox-read"])
def test_a_strangers_notice_does_not_exist(cast, sign_in, name):
    (notice,) = tell(cast)
    client = sign_in(cast.sibling)
    ask = client.get if name == "inbox-open" else client.post
    assert ask(reverse(name, args=[notice.pk])).status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_marking_one_keeps_the_time_of_the_first_reading(cast, sign_in):
    (notice,) = tell(cast)
    client = sign_in(cast.secretary)
    client.post(reverse("inbox-read", args=[notice.pk]))
    notice.refresh_from_db()
    first = notice.read_at
    client.post(reverse("inbox-read", args=[notice.pk]))
    notice.refresh_from_db()
    assert notice.read_at == first is not None


def test_marking_all_leaves_what_came_after_the_page(cast, sign_in):
    later, shown, _older = tell(cast, 3)
    client = sign_in(cast.secretary)
    client.post(reverse("inbox-read-all"), {"upto": shown.pk})
    unread = Notice.objects.filter(user=cast.secretary, read_at=None)
    assert list(unread) == [later]
    page = client.get(reverse("inbox"), {"unread": "1"}).content.decode()
    assert "第2件" in page
    assert "第0件" not in page


@pytest.mark.parametrize("junk", ["", "x", "-1", "²", "9" * 30])
def test_bad_numbers_change_nothing(cast, sign_in, junk):
    tell(cast)
    client = sign_in(cast.secretary)
    assert client.get(reverse("inbox"), {"before": junk}).status_code == 200
    assert client.post(reverse("inbox-read-all"), {"upto": junk}).status_code == 302
    assert Notice.objects.filter(user=cast.secretary, read_at=None).count() == 1


def test_paging_reaches_every_notice_once(cast, sign_in, monkeypatch):
    monkeypatch.setattr(inbox, "PAGE_SIZE", 2)
    tell(cast, 5)
    client, seen, address = sign_in(cast.secretary), [], reverse("inbox")
    while address:
        context = client.get(address).context
        seen += [notice.message.title for notice in context["notices"]]
        address = context["older"]
    assert seen == [f"第{number}件" for number in (4, 3, 2, 1, 0)]


def test_queries_stay_the_same(cast, sign_in, django_assert_max_num_queries):
    tell(cast, 40)
    client = sign_in(cast.secretary)
    with django_assert_max_num_queries(8):
        client.get(reverse("inbox"))


def test_a_kind_alone_and_unread_ones_of_it(cast, sign_in):
    for kind in (Kind.ASSIGNED, Kind.SUPERVISION):
        for number in range(2):
            enqueue(title=f"{kind.label}第{number}件", url="/", users=[cast.secretary], kind=kind)
    deliver_waiting()
    client = sign_in(cast.secretary)
    client.post(reverse("inbox-read", args=[Notice.objects.get(message__title="督办第0件").pk]))

    def titles(address):
        return [notice.message.title for notice in client.get(address).context["notices"]]

    assert titles("/inbox/?kind=supervision") == ["督办第1件", "督办第0件"]
    assert titles("/inbox/?kind=supervision&unread=1") == ["督办第1件"]
    assert len(titles("/inbox/?kind=gossip")) == 4


def test_marking_all_of_a_kind_leaves_the_others_and_the_filter(cast, sign_in):
    for kind in (Kind.ASSIGNED, Kind.SUPERVISION):
        enqueue(title="x", url="/", users=[cast.secretary], kind=kind)
    deliver_waiting()
    newest = Notice.objects.order_by("-pk").first()
    answer = sign_in(cast.secretary).post(reverse("inbox-read-all"), {"upto": newest.pk, "kind": "assigned"})
    assert answer.url == "/inbox/?kind=assigned"
    assert list(Notice.objects.filter(read_at=None)) == [newest]


def test_an_empty_kind_leads_back_to_all(cast, sign_in):
    page = sign_in(cast.secretary).get("/inbox/?kind=decision").content.decode()
    assert "没有这一类的消息" in page
    assert "看全部消息" in page

"""The inbox page."""

import pytest
from django.urls import reverse

from covenants.agreements.workflow import WORKFLOW as AGREEING
from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices import grouping
from suzhou_portal.notices.models import Kind, Notice
from suzhou_portal.notices.services import deliver_waiting, enqueue
from tests import factories as make
from tests.covenants import made


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
    monkeypatch.setattr(grouping, "PAGE_SIZE", 2)
    tell(cast, 5)
    client, seen, address = sign_in(cast.secretary), [], reverse("inbox")
    while address:
        context = client.get(address).context
        seen += [group.lines[0].notice.message.title for group in context["groups"]]
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
        return [line.notice.message.title for group in client.get(address).context["groups"] for line in group.lines]

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


def test_what_was_told_of_one_row_stands_together_with_who_and_what(cast, sign_in):
    covenant = made.negotiating(cast)
    make.make_issue(cast.leader, cast.building, cast.lamp)
    AGREEING.apply(
        covenant, "amend", by=cast.liaison, inputs={"terms": made.some_terms(made.task()).json(), "note": ""}
    )
    deliver_waiting()
    client = sign_in(cast.secretary)
    covenants, issues = client.get("/inbox/").context["groups"]
    assert (covenants.about.kind, covenants.about.name, covenants.about.text) == (
        *("共建协议", covenant.number),
        covenant.title,
    )
    assert [line.who for line in covenants.lines] == [f"{cast.unit_org} {cast.liaison}"] * covenants.number
    assert covenants.lines[0].words == "提出第 2 稿，请答复"
    assert issues.about.kind == "网格事件"
    page = client.get("/inbox/").content.decode()
    assert page.count(covenant.number) >= 1
    assert f"{cast.unit_org} {cast.liaison}" in page


def test_a_whole_group_is_marked_as_read_up_to_what_the_page_showed(cast, sign_in):
    for number in range(5):
        enqueue(title=f"第{number}稿", url="/covenants/covenants/GJ-1/", users=[cast.secretary])
    enqueue(title="别的", url="/issues/SZ-1/", users=[cast.secretary])
    deliver_waiting()
    client = sign_in(cast.secretary)
    other, group = client.get("/inbox/").context["groups"]
    assert (group.unread, len(group.shown), len(group.folded)) == (5, 3, 2)
    enqueue(title="更新的一稿", url="/covenants/covenants/GJ-1/", users=[cast.secretary])
    deliver_waiting()
    answer = client.post(reverse("inbox-read", args=[group.last]), {"group": "1", "unread": "1"})
    assert answer.url == "/inbox/?unread=1"
    assert {notice.message.title for notice in Notice.objects.filter(read_at=None)} == {"别的", "更新的一稿"}
    # Whoever opens the row sees all that was told of it.
    client.get(reverse("inbox-open", args=[other.last]))
    assert [notice.message.title for notice in Notice.objects.filter(read_at=None)] == ["更新的一稿"]


def test_a_row_out_of_sight_is_not_named(cast, sign_in):
    issue = make.make_issue(cast.sibling, cast.c2, cast.lamp, "别处的事")
    enqueue(title="有一件事", url=issue.get_absolute_url(), users=[cast.secretary])
    deliver_waiting()
    page = sign_in(cast.secretary).get("/inbox/")
    assert [group.about for group in page.context["groups"]] == [None]
    assert "别处的事" not in page.content.decode()

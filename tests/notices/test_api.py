"""``/api/v1/notices/``."""

import json

import pytest

from suzhou_portal.notices.models import Kind, Notice
from suzhou_portal.notices.services import deliver_waiting, enqueue

LIST = "/api/v1/notices/"
READ = "/api/v1/notices/read/"


@pytest.fixture
def three(cast):
    """Three notices of the secretary, the oldest first; one of the sibling."""
    for number, kind in enumerate((Kind.ASSIGNED, Kind.SUPERVISION, Kind.SYSTEM)):
        enqueue(title=f"第{number}条", url=f"/issues/{number}/", users=[cast.secretary], kind=kind)
    enqueue(title="别人的", url="/", users=[cast.sibling])
    deliver_waiting()
    return list(Notice.objects.filter(user=cast.secretary).order_by("pk"))


def titles(answer):
    return [row["title"] for row in answer.json()["results"]]


def read(client, **body):
    return client.post(READ, json.dumps(body), content_type="application/json")


def test_ones_own_newest_first(cast, three, sign_in):
    answer = sign_in(cast.secretary).get(LIST)
    assert titles(answer) == ["第2条", "第1条", "第0条"]
    row = answer.json()["results"][0]
    assert (row["kind"], row["url"], row["read_at"]) == ("system", "/issues/2/", None)


def test_pages_reach_every_notice_once(cast, three, sign_in):
    client, seen, address = sign_in(cast.secretary), [], f"{LIST}?page_size=2"
    while address:
        answer = client.get(address)
        seen += titles(answer)
        address = answer.json()["next"]
    assert seen == ["第2条", "第1条", "第0条"]


def test_unread_ones_and_those_of_a_kind(cast, three, sign_in):
    client = sign_in(cast.secretary)
    read(client, ids=[three[1].pk])
    assert titles(client.get(LIST, {"unread": "true"})) == ["第2条", "第0条"]
    assert titles(client.get(LIST, {"unread": "false"})) == ["第1条"]
    assert titles(client.get(LIST, {"kind": "assigned"})) == ["第0条"]
    assert client.get(LIST, {"kind": "gossip"}).status_code == 400
    assert client.get(LIST, {"sort": "title"}).status_code == 400


def test_marking_reaches_ones_own_only(cast, three, sign_in):
    foreign = Notice.objects.get(user=cast.sibling)
    answer = read(sign_in(cast.secretary), ids=[three[0].pk, foreign.pk, 10**12])
    assert answer.json() == {"read": 1}
    foreign.refresh_from_db()
    assert foreign.read_at is None


def test_marking_all_up_to_one_leaves_later_ones(cast, three, sign_in):
    client = sign_in(cast.secretary)
    assert read(client, upto=three[1].pk).json() == {"read": 2}
    assert read(client, upto=three[1].pk).json() == {"read": 0}
    assert titles(client.get(LIST, {"unread": "true"})) == ["第2条"]


@pytest.mark.parametrize(
    "body", [{}, {"ids": [1], "upto": 1}, {"ids": [0]}, {"ids": [2**63]}, {"ids": ["x"]}, {"all": 1}]
)
def test_unclear_requests_change_nothing(cast, three, sign_in, body):
    assert read(sign_in(cast.secretary), **body).status_code == 400
    assert not Notice.objects.exclude(read_at=None).exists()


def test_a_page_costs_one_query_more_than_signing_in(cast, three, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.secretary)
    with django_assert_max_num_queries(3):  # session, user, rows
        client.get(LIST)

"""The administrator's page 消息投递, and what the state of operations says of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.health import CHECKS
from suzhou_portal.notices.models import Delivery, OutboxMessage
from suzhou_portal.notices.services import beat
from suzhou_portal.notices.tasks import send_deliveries
from suzhou_portal.notices.views import deliveries
from tests.notices.conftest import reachable

PAGE = "/operations/deliveries/"
State = Delivery.State


@pytest.fixture
def rows(cast, way):
    """One delivery in each state, to the secretary."""
    reachable(cast.secretary)
    made = {}
    for number, (name, state, attempts, error) in enumerate(
        (
            ("waiting", State.WAITING, 0, ""),
            ("retrying", State.WAITING, 2, "网关答复 503"),
            ("dead", State.DEAD, 8, "网关答复 401"),
            ("sent", State.SENT, 1, ""),
        )
    ):
        message = OutboxMessage.objects.create(
            title=f"消息-{name}", url=f"/issues/{number}/", audience={}, delivered_at=timezone.now()
        )
        made[name] = Delivery.objects.create(
            message=message,
            user=cast.secretary,
            channel="test",
            state=state,
            attempts=attempts,
            last_error=error,
            next_at=timezone.now() + timedelta(minutes=5),
            sent_at=timezone.now() if state == State.SENT else None,
        )
    return made


@pytest.mark.parametrize("name", ["dead", "retrying", "waiting", "sent"])
def test_each_state_has_its_list(cast, rows, sign_in, name):
    page = sign_in(cast.system).get(PAGE, {"state": name}).content.decode()
    assert f"消息-{name}" in page
    assert not any(f"消息-{other}" in page for other in rows if other != name)
    if name in {"dead", "retrying"}:
        assert rows[name].last_error in page


def test_it_shows_titles_but_neither_phones_nor_addresses_of_pages(cast, rows, sign_in):
    page = sign_in(cast.system).get(PAGE).content.decode()
    assert "community.1" in page
    assert "1380000" not in page
    assert "/issues/2/" not in page


def test_dead_ones_are_shown_first_and_counted_by_channel(cast, rows, sign_in):
    answer = sign_in(cast.system).get(PAGE)
    (line,) = answer.context["table"]
    assert line["label"] == "测试渠道"
    assert [count for count, _address in line["cells"]] == ["1", "1", "1", "1"]
    assert answer.context["shelf"] == "dead"


def test_one_is_sent_again_on_demand_and_that_is_on_record(cast, rows, sign_in, way):
    answer = sign_in(cast.system).post(f"{PAGE}{rows['dead'].pk}/resend/")
    assert answer.status_code == 302
    send_deliveries()
    assert [envelope.id for envelope in way.sent] == [str(rows["dead"].key)]
    rows["dead"].refresh_from_db()
    assert (rows["dead"].state, rows["dead"].attempts) == (State.SENT, 1)
    entry = AuditEntry.objects.get(action="delivery.resend")
    assert (entry.actor, entry.object_id) == (cast.system, str(rows["dead"].pk))


@pytest.mark.parametrize("name", ["waiting", "retrying", "sent"])
def test_what_is_not_dead_is_not_sent_again(cast, rows, sign_in, name):
    sign_in(cast.system).post(f"{PAGE}{rows[name].pk}/resend/")
    before = rows[name].state, rows[name].attempts
    rows[name].refresh_from_db()
    assert (rows[name].state, rows[name].attempts) == before
    assert not AuditEntry.objects.filter(action="delivery.resend").exists()


def test_all_dead_ones_of_a_channel_are_sent_again(cast, rows, sign_in):
    other = Delivery.objects.create(
        message=rows["dead"].message, user=cast.secretary, channel="gone", state=State.DEAD, last_error="渠道未接通"
    )
    client = sign_in(cast.system)
    assert "gone" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}resend/", {"channel": "test"})
    assert set(Delivery.objects.filter(state=State.DEAD)) == {other}
    client.post(f"{PAGE}resend/")
    assert not Delivery.objects.filter(state=State.DEAD).exists()
    entries = AuditEntry.objects.filter(action="delivery.resend_all").order_by("pk")
    assert [entry.changes["rows"] for entry in entries] == [1, 1]


def test_it_is_for_the_system_administrator_alone(cast, rows, sign_in):
    for user in (cast.district, cast.security, cast.auditor, cast.secretary):
        client = sign_in(user)
        assert client.get(PAGE).status_code == 403
        assert client.post(f"{PAGE}resend/").status_code == 403
        assert client.post(f"{PAGE}{rows['dead'].pk}/resend/").status_code == 403
    assert Delivery.objects.filter(state=State.DEAD).count() == 1


def test_pages_and_queries_stay_small(cast, rows, sign_in, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(deliveries, "PAGE_SIZE", 10)
    for number in range(25):
        message = OutboxMessage.objects.create(title=f"第{number}条", url="/", audience={})
        Delivery.objects.create(message=message, user=cast.secretary, channel="test", state=State.DEAD)
    client = sign_in(cast.system)
    seen, address = [], PAGE
    while address:
        with django_assert_max_num_queries(8):
            context = client.get(address).context
        seen += [row.pk for row, _label in context["rows"]]
        address = context["older"]
    assert len(seen) == len(set(seen)) == 26


@pytest.mark.parametrize("junk", ["before=x", "before=²", "state=x", "channel=x"])
def test_junk_in_the_address_shows_the_page(cast, rows, sign_in, junk):
    assert sign_in(cast.system).get(f"{PAGE}?{junk}").status_code == 200


def test_without_channels_the_page_says_so(cast, sign_in):
    assert "尚未接通" in sign_in(cast.system).get(PAGE).content.decode()


# --- the state of operations ----------------------------------------------------------------


def test_dead_letters_are_told_but_take_nobody_off_the_air(cast, rows, client, sign_in):
    beat("worker")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {**dict.fromkeys(CHECKS, "ok"), "deliveries": "有 1 条推送未送达"}
    assert "有 1 条推送未送达" in sign_in(cast.system).get("/operations/").content.decode()


def test_a_stuck_outbox_is_not_ready(cast, client):
    beat("worker")
    OutboxMessage.objects.create(title="x", url="/", audience={}, created_at=timezone.now() - timedelta(minutes=7))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["outbox"]) == (503, "有消息等待了 7 分钟，未进收件箱")

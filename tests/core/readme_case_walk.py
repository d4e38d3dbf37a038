"""Run by ``test_readme_case`` in a process of its own, over the example of the README in an app called ``scratch``."""

import json
from datetime import timedelta

import pytest
from scratch.repairs.models import Repair

from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.figures import row_figures
from suzhou_portal.notices.digest import case_lines
from suzhou_portal.notices.models import OutboxMessage

LIST = "/scratch/repairs/"
API = "/api/v1/repairs/"


@pytest.fixture
def row(cast, sign_in):
    given = {"community": cast.c1.code, "what": "居民活动室屋顶漏水", "cost": "3200.50"}
    answer = sign_in(cast.secretary).post(f"{LIST}new/", given)
    assert answer.status_code == 302, answer.content.decode()
    return Repair.objects.get()


def test_it_begins_numbered_told_and_with_a_limit(cast, row):
    assert row.number.startswith("WX-")
    assert (row.street, row.status, row.light) == (cast.s1, "asked", "normal")
    assert [event.action for event in row.events.all()] == ["ask"]
    told = OutboxMessage.objects.get()
    assert (told.audience, told.except_user) == ({"roles": ["street_officer"], "street": cast.s1.pk}, cast.secretary)
    assert row.number in told.title


def test_its_page_tells_and_offers_what_each_may_do(cast, row, sign_in):
    page = sign_in(cast.officer).get(row.get_absolute_url()).content.decode()
    assert "居民活动室屋顶漏水" in page
    assert "申请维修" in page
    assert "act-grant" in page
    assert "light-normal" in page
    assert "act-grant" not in sign_in(cast.secretary).get(row.get_absolute_url()).content.decode()


def test_scope_holds_on_every_surface(cast, row, sign_in):
    for user in (cast.sibling, cast.other_officer):
        client = sign_in(user)
        assert client.get(row.get_absolute_url()).status_code == 404
        assert client.get(f"{API}{row.number}/").status_code == 404
        assert row.number not in client.get(LIST).content.decode()
        assert client.get(f"{row.get_absolute_url()}documents/request/").status_code == 404
        assert client.post(f"{row.get_absolute_url()}actions/grant/", {"version": 1}).status_code == 404
    assert sign_in(cast.secretary).post(f"{row.get_absolute_url()}actions/grant/", {"version": 1}).status_code == 403


def test_a_lost_race_is_told_with_what_was_typed(cast, row, sign_in):
    client, at = sign_in(cast.officer), f"{row.get_absolute_url()}actions/"
    assert client.post(f"{at}grant/", {"version": row.version}).status_code == 302
    answer = sign_in(cast.officer).post(f"{at}refuse/", {"version": row.version, "note": "今年没有经费"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "同意维修" in page
    assert "今年没有经费" in page
    row.refresh_from_db()
    assert (row.status, row.version) == ("granted", 2)
    # The same once more is no conflict.
    assert client.post(f"{at}grant/", {"version": 1}).status_code == 302


def test_its_paper_is_printed_and_on_record(cast, row, sign_in):
    page = sign_in(cast.secretary).get(f"{row.get_absolute_url()}documents/request/").content.decode()
    assert "维修申请单" in page
    assert "3200.50 元" in page


def test_a_program_reads_acts_and_is_told_how(cast, row, sign_in):
    client = sign_in(cast.officer)
    answer = client.get(f"{API}{row.number}/").json()
    assert [action["action"] for action in answer["available_actions"]] == ["grant", "refuse"]
    assert [event["sentence"] for event in answer["events"]] == ["申请维修"]
    assert client.get(f"{API}{row.number}/documents/").json()[0]["code"] == "request"
    done = client.post(
        f"{API}{row.number}/actions/refuse/",
        json.dumps({"version": row.version, "note": "另行安排"}),
        content_type="application/json",
    )
    assert (done.status_code, done.json()["status"]) == (200, "refused")
    assert [event["note"] for event in client.get(f"{API}{row.number}/events/").json()] == ["", "另行安排"]
    document = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).content.decode()
    assert "/api/v1/repairs/{number}/actions/{action}/" in document


def test_what_waits_is_said_once_and_opens_its_rows(cast, row, sign_in):
    (line,) = [line for line in waiting_for(cast.officer) if "维修" in line.text]
    assert (line.count, line.url) == ("1", f"{LIST}?waiting=decide")
    assert row.number in sign_in(cast.officer).get(line.url).content.decode()
    assert "待审批的维修申请 1 件" in [line.text for line in case_lines([cast.officer])[cast.officer.pk]]
    assert not [line for line in waiting_for(cast.secretary) if "维修" in line.text]
    assert "待审批的维修申请" in sign_in(cast.officer).get("/").content.decode()


def test_it_is_reminded_of_once(cast, row):
    case, late = site["repairs"], row.due_at + timedelta(minutes=1)
    OutboxMessage.objects.all().delete()
    assert [case.due.sweep(Repair, late), case.due.sweep(Repair, late)] == [1, 0]
    assert "已超期" in OutboxMessage.objects.get().title


def test_its_figure_stands_beside_the_others(cast, row):
    assert "repairs_granted" in {figure.code for figure in row_figures()}

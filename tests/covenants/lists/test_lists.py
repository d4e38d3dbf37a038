"""需求清单 and 资源清单: who raises, publishes, changes and sees what; pages, Excel, REST."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covenants.agreements.workflow import WORKFLOW
from covenants.lists.models import Need, Offer
from covenants.lists.workflow import NEEDS
from covenants.matching.taking_up import take_up
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from tests.covenants import made
from tests.registers.test_files import sheets, token_of, workbook

pytestmark = pytest.mark.dialect
NEEDS_URL, OFFERS_URL = "/covenants/needs/", "/covenants/offers/"


def post_need(client, **fields):
    return client.post(
        f"{NEEDS_URL}new/", {"kind": "people", "title": "暑期志愿者", "quantity": "5", "unit": "人", **fields}
    )


# --- 需求 ----------------------------------------------------------------------------------


def test_a_community_raises_a_need_and_gets_a_number(cast, sign_in):
    answer = post_need(sign_in(cast.secretary), community=cast.c1.code)
    need = Need.objects.get()
    assert answer["Location"] == f"{NEEDS_URL}{need.number}/"
    assert need.number == f"XQ-{timezone.localdate().year}-000001"
    assert (need.street, need.community, need.created_by, need.status) == (cast.s1, cast.c1, cast.secretary, "open")


def test_a_grid_leader_raises_one_for_the_own_grid_and_a_street_for_itself(cast, sign_in):
    post_need(sign_in(cast.leader), grid=cast.building.code)
    post_need(sign_in(cast.officer), street=cast.s1.code)
    leaders, streets = Need.objects.order_by("id")
    assert (leaders.grid, leaders.community, leaders.street) == (cast.building, cast.c1, cast.s1)
    assert (streets.community, streets.street) == (None, cast.s1)


def test_nobody_raises_needs_elsewhere_or_for_nowhere(cast, sign_in):
    page = post_need(sign_in(cast.secretary), community=cast.c2.code)
    assert page.status_code == 422
    page = post_need(sign_in(cast.secretary))
    assert page.status_code == 422
    assert "请选择社区" in page.content.decode()
    assert "暑期志愿者" in page.content.decode(), "nothing typed is lost"
    for user in (cast.liaison, cast.department, cast.district, cast.auditor):
        assert post_need(sign_in(user), community=cast.c1.code).status_code == 403
    assert not Need.objects.exists()


def test_a_number_in_the_text_is_flagged(cast, sign_in):
    client = sign_in(cast.secretary)
    page = post_need(client, community=cast.c1.code, description="联系王女士 13912345678")
    assert page.status_code == 422
    assert "手机" in page.content.decode()
    assert not Need.objects.exists()
    assert post_need(client, community=cast.c1.code, description="13912345678", not_personal="on").status_code == 302


def test_open_needs_stand_before_all_units_and_taken_ones_before_theirs(cast, sign_in):
    need = made.need(cast)
    address = f"{NEEDS_URL}{need.number}/"
    for user in (cast.liaison, cast.department, cast.officer, cast.leader, cast.district):
        expected = 404 if user == cast.leader else 200
        assert sign_in(user).get(address).status_code == expected, user
    for user in (cast.sibling, cast.other_officer):
        assert sign_in(user).get(address).status_code == 404
    NEEDS.apply(need, "take", by=None, inputs={"organisation": cast.unit_org.pk})
    assert sign_in(cast.liaison).get(address).status_code == 200
    assert sign_in(cast.department).get(address).status_code == 404


def test_a_need_is_changed_while_it_is_open_only(cast, sign_in):
    need, client = made.need(cast), sign_in(cast.secretary)
    edit = f"{NEEDS_URL}{need.number}/edit/"
    data = {"kind": "skills", "title": "请电工", "version": need.version}
    assert client.post(edit, data).status_code == 302
    need.refresh_from_db()
    assert need.title == "请电工"
    NEEDS.apply(need, "take", by=None, inputs={"organisation": cast.unit_org.pk})
    assert client.get(edit).status_code == 403
    token = {"HTTP_ACCEPT": "application/json"}
    answer = client.patch(
        f"/api/v1/needs/{need.number}/",
        json.dumps({"title": "改", "version": 3}),
        content_type="application/json",
        **token,
    )
    assert answer.status_code == 403


def test_withdrawing_takes_a_reason_and_can_be_taken_back(cast, sign_in):
    need, client = made.need(cast), sign_in(cast.secretary)
    address = f"{NEEDS_URL}{need.number}/"
    assert "撤回需求" in client.get(address).content.decode()
    empty = client.post(f"{address}actions/withdraw/", {"version": need.version, "note": ""})
    assert empty.status_code == 422
    assert "请填写撤回原因" in empty.content.decode()
    client.post(f"{address}actions/withdraw/", {"version": need.version, "note": "已自行解决"})
    need.refresh_from_db()
    assert (need.status, need.reason) == ("withdrawn", "已自行解决")
    assert sign_in(cast.liaison).get(address).status_code == 404
    stale = client.post(f"{address}actions/reopen/", {"version": need.version - 1})
    assert stale.status_code == 409
    client.post(f"{address}actions/reopen/", {"version": need.version})
    need.refresh_from_db()
    assert (need.status, need.reason) == ("open", "")
    assert AuditEntry.objects.filter(action="need.withdraw", actor=cast.secretary).exists()


def test_the_table_of_needs_is_kept(cast):
    need = made.need(cast)
    for user in (cast.liaison, cast.sibling, cast.district, cast.sibling_leader):
        with pytest.raises(ActionForbidden):
            NEEDS.apply(need, "withdraw", by=user, inputs={"note": "x"})
    with pytest.raises(ActionForbidden):
        NEEDS.apply(need, "take", by=cast.secretary, inputs={"organisation": cast.unit_org.pk})
    with pytest.raises(ActionNotPossible):
        NEEDS.apply(need, "meet", by=None)


def test_a_need_follows_the_drafts_that_name_it(cast):
    """认领 begins with the unit's own draft, and ends when a draft drops it or the talks end."""
    need = made.need(cast)
    covenant = made.negotiating(cast, made.some_terms(made.task(need=need.number)))
    need.refresh_from_db()
    assert need.status == "open", "the community proposed it: the unit has not agreed yet"
    amended = made.some_terms(made.task(need=need.number, quantity="2"))
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": amended.json()})
    need.refresh_from_db()
    assert (need.status, need.organisation) == ("taken", cast.unit_org)
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.secretary, inputs={"terms": made.some_terms().json()})
    need.refresh_from_db()
    assert (need.status, need.organisation) == ("open", None)
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": amended.json()})
    WORKFLOW.apply(covenant, "drop", by=cast.liaison, inputs={"note": "谈不拢"})
    need.refresh_from_db()
    assert need.status == "open"


def test_a_covenant_that_ends_early_lets_its_unmet_needs_go(cast):
    need = made.need(cast)
    covenant = made.signed(cast, made.some_terms(made.task(need=need.number)))
    covenant = WORKFLOW.apply(covenant, "ask_end", by=cast.liaison, inputs={"note": "撤并"})
    WORKFLOW.apply(covenant, "agree_end", by=cast.secretary)
    need.refresh_from_db()
    assert (need.status, need.organisation) == ("open", None)


def test_a_need_of_another_community_is_not_met_by_this_covenant(cast):
    strange = made.need(cast)
    Need.objects.filter(pk=strange.pk).update(community=cast.c2, grid=None)
    covenant = made.signed(cast, made.some_terms(made.task(need=strange.number)))
    assert covenant.commitments.get().need is None
    strange.refresh_from_db()
    assert strange.status == "open"


# --- 资源 ----------------------------------------------------------------------------------


def test_a_unit_publishes_changes_and_closes_its_own_offers(cast, sign_in):
    client = sign_in(cast.liaison)
    fields = {"organisation": cast.unit_org.code, "kind": "venue", "title": "报告厅", "quantity": "120", "unit": "人"}
    answer = client.post(f"{OFFERS_URL}new/", {**fields, "community": cast.c1.code, "is_open": "on"})
    row = Offer.objects.get()
    assert row.number == f"ZY-{timezone.localdate().year}-000001"
    assert answer["Location"] == f"{OFFERS_URL}{row.number}/"
    assert (row.street, row.community, row.is_open) == (cast.s1, cast.c1, True)
    edit = {"kind": "venue", "title": "报告厅", "version": row.version, "community": cast.c1.code}
    assert client.post(f"{OFFERS_URL}{row.number}/edit/", edit).status_code == 302
    row.refresh_from_db()
    assert not row.is_open


def test_nobody_else_touches_them(cast, sign_in):
    row = made.offer(cast)
    for user in (cast.department, cast.secretary, cast.officer, cast.district):
        assert sign_in(user).get(f"{OFFERS_URL}{row.number}/edit/").status_code == 403, user
    fields = {"organisation": cast.unit_org.code, "kind": "venue", "title": "礼堂", "is_open": "on"}
    assert sign_in(cast.department).post(f"{OFFERS_URL}new/", fields).status_code == 422


def test_an_offer_for_a_street_is_seen_in_that_street(cast, sign_in):
    row = made.offer(cast, community=cast.c1)
    whole = made.offer(cast, title="全区可用")
    for user, seen in ((cast.secretary, 2), (cast.officer, 2), (cast.other_officer, 1), (cast.liaison, 2)):
        assert Offer.objects.visible_to(user).count() == seen, user
    assert sign_in(cast.other_officer).get(f"{OFFERS_URL}{row.number}/").status_code == 404
    assert sign_in(cast.other_officer).get(f"{OFFERS_URL}{whole.number}/").status_code == 200


# --- Excel and REST ------------------------------------------------------------------------


def test_needs_come_from_excel_and_go_there(cast, sign_in):
    client = sign_in(cast.secretary)
    sheet = workbook(["类别", "名称", "数量", "计量单位", "社区"], ["人力", "清雪志愿者", 20, "人", cast.c1.name])
    preview = client.post(f"{NEEDS_URL}import/", {"file": sheet})
    assert preview.status_code == 200
    assert "清雪志愿者" in preview.content.decode()
    made.need(cast)
    client.post(f"{NEEDS_URL}import/", {"token": token_of(preview)})
    assert Need.objects.get(kind="people").created_by == cast.secretary
    rows = sheets(client.get(f"{NEEDS_URL}export/?kind=skills"))
    assert any("请电工检修路灯" in map(str, row) for row in rows)
    assert not any("清雪志愿者" in map(str, row) for row in rows)


def test_rest_raises_lists_and_acts(cast, sign_in):
    client = sign_in(cast.secretary)
    body = {"kind": "people", "title": "暑期志愿者", "quantity": "5", "unit": "人", "community": cast.c1.code}
    answer = client.post("/api/v1/needs/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.json()
    number = answer.json()["number"]
    one = client.get(f"/api/v1/needs/{number}/").json()
    assert one["status"] == "open"
    assert [step["action"] for step in one["available_actions"]] == ["withdraw"]
    assert [row["number"] for row in client.get("/api/v1/needs/?status=open").json()["results"]] == [number]
    refused = client.post(f"/api/v1/needs/{number}/actions/take/", "{}", content_type="application/json")
    assert refused.status_code in {400, 403, 409}
    done = client.post(
        f"/api/v1/needs/{number}/actions/withdraw/",
        json.dumps({"note": "已解决", "version": one["version"]}),
        content_type="application/json",
    )
    assert done.json()["status"] == "withdrawn"


@pytest.mark.parametrize("name", ["needs", "offers", "partners"])
def test_lists_cost_the_same_whatever_the_rows(cast, sign_in, name):
    client = sign_in(cast.secretary)

    def grow(count):
        for _ in range(count):
            if name == "needs":
                made.need(cast)
            elif name == "offers":
                made.offer(cast, community=cast.c1)
            else:
                made.signed(cast, made.some_terms(made.task()))

    def queries():
        with CaptureQueriesContext(connection) as sent:
            assert client.get(site[name].list_url).status_code == 200
        return len(sent)

    grow(2)
    queries()
    few = queries()
    grow(12)
    assert queries() == few


def test_partners_are_who_signed_within_sight(cast, sign_in):
    made.negotiating(cast)
    assert not site["partners"].rows(cast.secretary).exists()
    made.signed(cast)
    rows = list(site["partners"].rows(cast.secretary))
    assert [(row.pk, row.covenant_count, row.commitment_count, row.fulfilled_count) for row in rows] == [
        (cast.unit_org.pk, 1, 3, 0)
    ]
    assert not site["partners"].rows(cast.sibling).exists()
    page = sign_in(cast.district).get(f"/covenants/partners/?community={cast.c1.code}")
    assert cast.unit_org.name in page.content.decode()
    assert (
        cast.unit_org.name
        not in sign_in(cast.district).get(f"/covenants/partners/?community={cast.c2.code}").content.decode()
    )


def test_periods_are_in_order(cast):
    with pytest.raises(Exception, match="截止日期不能早于开始日期"):
        made.offer(cast, begins=timezone.localdate(), ends=timezone.localdate() - timedelta(days=1))


def test_the_page_of_a_need_leads_to_what_became_of_it(cast, sign_in):
    need = made.need(cast)
    page = need.get_absolute_url()
    assert "约定和履约" not in sign_in(cast.secretary).get(page).content.decode()
    covenant = take_up(need, cast.unit_org, by=cast.liaison)
    for user in (cast.secretary, cast.liaison, cast.officer, cast.district):
        assert f'href="{covenant.get_absolute_url()}"' in sign_in(user).get(page).content.decode(), user
    covenant = WORKFLOW.apply(covenant, "accept", by=cast.secretary)
    inputs = {"signed_on": str(made.day(0)), "place_signatory": "张书记", "unit_signatory": "李校长"}
    WORKFLOW.apply(covenant, "sign", by=cast.secretary, inputs=inputs)
    made.deliver(cast, covenant.commitments.get(), quantity=1)
    told = sign_in(cast.liaison).get(page).content.decode()
    assert covenant.commitments.get().get_absolute_url() in told
    assert "履约" in told
    assert sign_in(cast.sibling).get(page).status_code == 404

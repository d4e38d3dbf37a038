"""The pages of the loop: what each side sees, what it may press, and that nothing typed is lost."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covenants.agreements.models import Covenant, Status
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.models import Commitment, Delivery
from covenants.evaluation.reference import load_rubrics
from suzhou_portal.files.models import Attachment
from suzhou_portal.templatetags.portal import short_time
from tests.covenants import made
from tests.factories import _small_photo


@pytest.fixture
def secretary(cast, sign_in) -> Client:
    return sign_in(cast.secretary)


@pytest.fixture
def liaison(cast, sign_in) -> Client:
    return sign_in(cast.liaison)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def draft_data(**changes):
    """A draft with a task, as the form posts it."""
    data = {
        "title": "共建平安小区",
        "begins": str(made.day(0)),
        "ends": str(made.day(90)),
        "purpose": "共驻共建",
        "note": "请看",
        "items-0-kind": "task",
        "items-0-title": "修路灯",
        "items-0-quantity": "3",
        "items-0-unit": "盏",
        "items-0-due_on": str(made.day(30)),
    }
    return {**data, **changes}


def parties(cast):
    return {"place": cast.c1.code, "organisation": cast.unit_org.code}


def step(client, covenant, action, **inputs):
    covenant.refresh_from_db()
    url = f"{covenant.get_absolute_url()}actions/{action}/"
    return client.post(url, {"version": covenant.version, **inputs}, follow=True)


# --- beginning ------------------------------------------------------------------------------


def test_a_community_begins_with_a_draft(cast, secretary, liaison):
    page = secretary.get("/covenants/covenants/new/")
    assert f'value="{cast.c1.code}" selected' in page.content.decode().replace("  ", " ") or cast.c1.name in text_of(
        page
    )
    assert cast.foreign_unit.name not in text_of(page)
    answer = secretary.post("/covenants/covenants/new/", {**parties(cast), **draft_data()}, follow=True)
    covenant = Covenant.objects.get()
    assert answer.request["PATH_INFO"] == covenant.get_absolute_url()
    assert (covenant.community, covenant.organisation, covenant.place_accepts) == (cast.c1, cast.unit_org, 1)
    assert "等第一中学答复" in text_of(answer)
    assert "同意这一稿" in text_of(liaison.get(covenant.get_absolute_url()))


def test_a_unit_begins_with_any_community(cast, liaison):
    data = {"place": cast.c3.code, "organisation": cast.unit_org.code, **draft_data()}
    liaison.post("/covenants/covenants/new/", data)
    covenant = Covenant.objects.get()
    assert (covenant.community, covenant.street, covenant.unit_accepts) == (cast.c3, cast.s2, 1)


def test_a_covenant_without_a_name_is_called_after_its_parties(cast, secretary):
    secretary.post("/covenants/covenants/new/", {**parties(cast), **draft_data(title="")})
    assert Covenant.objects.get().title == f"{cast.c1.name}与第一中学共建协议"
    nobody = secretary.post("/covenants/covenants/new/", {**draft_data(title="")})
    assert (nobody.status_code, Covenant.objects.count()) == (422, 1)
    assert "请填写协议名称" not in text_of(nobody)


def test_the_same_form_twice_begins_once(cast, secretary):
    page = secretary.get("/covenants/covenants/new/").content.decode()
    key = re.search(r'name="submission_key" value="([^"]+)"', page)[1]
    for _ in range(2):
        secretary.post("/covenants/covenants/new/", {**parties(cast), **draft_data(), "submission_key": key})
    assert Covenant.objects.count() == 1


def test_a_need_fills_in_the_first_draft(cast, liaison):
    need = made.need(cast, quantity="2", unit="次")
    page = liaison.get(f"/covenants/covenants/new/?need={need.number}").content.decode()
    assert 'value="请电工检修路灯"' in page
    assert re.search(rf'name="items-0-need" value="{need.number}"', page)
    assert re.search(rf'value="{cast.c1.code}"[^>]* selected', page)


def test_nothing_typed_is_lost_and_errors_stand_beside_their_fields(cast, secretary):
    data = {**parties(cast), **draft_data(**{"items-0-quantity": "", "items-0-due_on": "明天", "title": "党建联建"})}
    answer = secretary.post("/covenants/covenants/new/", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="党建联建"' in page
    assert 'value="明天"' in page
    assert "请按 2026-11-22 的样子填写日期。" in page
    answer = secretary.post("/covenants/covenants/new/", {**parties(cast), **draft_data(**{"items-0-quantity": ""})})
    assert re.search(r"item-quantity.*?实事须填写数量。", answer.content.decode(), re.DOTALL)
    assert not Covenant.objects.exists()


def test_rows_are_added_without_script(cast, secretary):
    data = {**parties(cast), **draft_data(), "add": "item"}
    page = secretary.post("/covenants/covenants/new/", data).content.decode()
    assert 'name="items-1-title"' in page
    assert 'value="修路灯"' in page
    data = {**parties(cast), **draft_data(**{"items-0-kind": "project"}), "add": "items-0"}
    page = secretary.post("/covenants/covenants/new/", data).content.decode()
    assert 'name="items-0-nodes-0-title"' in page


def test_personal_numbers_are_asked_about(cast, secretary):
    data = {**parties(cast), **draft_data(**{"items-0-title": "联系 13812345678"})}
    answer = secretary.post("/covenants/covenants/new/", data)
    assert answer.status_code == 422
    assert 'name="items-0-not_personal"' in answer.content.decode()
    secretary.post("/covenants/covenants/new/", {**data, "items-0-not_personal": "on"})
    assert Covenant.objects.count() == 1


# --- negotiating ------------------------------------------------------------------------------


def amended(covenant, **changes):
    """The draft of ``covenant`` as the editor shows it, changed."""
    page = draft_data(**{"items-0-key": "t1", "version": covenant.version, **changes})
    return page


def test_the_other_side_reads_what_changed(cast, secretary, liaison):
    covenant = made.negotiating(cast, made.some_terms(made.task(), made.funds()))
    data = amended(covenant, **{"items-0-quantity": "2"})
    liaison.post(f"{covenant.get_absolute_url()}draft/", data)
    covenant.refresh_from_db()
    assert (covenant.revision, covenant.unit_accepts) == (2, 2)
    page = secretary.get(covenant.get_absolute_url()).content.decode()
    assert "<del>3</del>" in page
    assert "<ins>2</ins>" in page
    assert "<del>帮扶资金</del>" in page
    assert "第一中学" in page
    assert "请看" in page


def test_two_at_once_are_told_and_keep_their_draft(cast, secretary, sign_in):
    covenant = made.negotiating(cast)
    stale = covenant.version
    WORKFLOW.apply(
        covenant, "amend", by=cast.liaison, inputs={"terms": made.some_terms(made.task()).json(), "note": ""}
    )
    answer = secretary.post(f"{covenant.get_absolute_url()}draft/", amended(covenant, version=stale, title="我的稿"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "提出第 2 稿" in page
    assert 'value="我的稿"' in page
    covenant.refresh_from_db()
    assert covenant.revision == 2
    again = secretary.post(f"{covenant.get_absolute_url()}draft/", amended(covenant, title="我的稿"))
    assert again.status_code == 302
    assert Covenant.objects.get().revision == 3


def test_a_stale_step_is_a_conflict(cast, liaison):
    covenant = made.negotiating(cast)
    last = covenant.events.last().pk
    WORKFLOW.apply(covenant, "amend", by=cast.secretary, inputs={"terms": made.some_terms(made.task()).json()})
    url = f"{covenant.get_absolute_url()}actions/accept/"
    answer = liaison.post(url, {"version": covenant.version, "last_event": last, "note": "同意你们的稿"})
    assert answer.status_code == 409
    assert "提出第 2 稿" in text_of(answer)
    assert "同意你们的稿" in answer.content.decode()
    assert Covenant.objects.get().unit_accepts == 0


def test_outsiders_press_nothing(cast, sign_in):
    covenant = made.negotiating(cast)
    for user, status in ((cast.sibling, 404), (cast.officer, 403), (cast.district, 403), (cast.department, 404)):
        client = sign_in(user)
        data = {"version": covenant.version, "note": "x"}
        assert client.post(f"{covenant.get_absolute_url()}actions/drop/", data).status_code == status
        assert client.post(f"{covenant.get_absolute_url()}draft/", amended(covenant)).status_code == status
    assert Covenant.objects.get().status == Status.NEGOTIATING


# --- signing and delivering ---------------------------------------------------------------------


def test_signing_takes_the_scan_along(cast, secretary):
    covenant = WORKFLOW.apply(made.negotiating(cast), "accept", by=cast.liaison)
    scan = SimpleUploadedFile("签字页.jpg", _small_photo())
    inputs = {"signed_on": str(made.day(0)), "place_signatory": "张书记", "unit_signatory": "李校长", "scan": scan}
    answer = step(secretary, covenant, "sign", **inputs)
    covenant.refresh_from_db()
    assert covenant.status == Status.ACTIVE
    assert Attachment.objects.get().owner_type == "covenant"
    assert "张书记" in text_of(answer)


def test_a_unit_delivers_and_the_community_confirms_in_place(cast, secretary, liaison):
    covenant = made.signed(cast)
    row = Commitment.objects.get(covenant=covenant, key="t1")
    page = liaison.get(f"{covenant.get_absolute_url()}?deliver={row.pk}").content.decode()
    assert f'value="{made.day(0)}"' in page  # as the date input takes it
    key = re.search(r'name="submission_key" value="([^"]+)"', page)[1]
    url = f"{covenant.get_absolute_url()}commitments/{row.pk}/deliver/"
    wrong = liaison.post(url, {"on": str(made.day(0)), "quantity": "很多", "note": "换了灯", "submission_key": key})
    assert wrong.status_code == 422
    assert "换了灯" in wrong.content.decode()
    for _ in range(2):
        photo = SimpleUploadedFile("后.jpg", _small_photo())
        data = {"on": str(made.day(0)), "quantity": "2", "note": "换了灯", "submission_key": key, "after": photo}
        assert liaison.post(url, data).status_code == 302
    delivery = Delivery.objects.get()
    assert Attachment.objects.get().stage == "after"
    page = secretary.get(covenant.get_absolute_url())
    assert "确认履约" in text_of(page)
    assert "确认履约" not in text_of(liaison.get(covenant.get_absolute_url()))
    confirm = f"/covenants/deliveries/{delivery.pk}/actions/confirm/"
    answer = secretary.post(confirm, {"version": delivery.version, "note": ""}, follow=True)
    assert "2 / 3 盏" in text_of(answer)
    assert "后" in secretary.get(delivery.get_absolute_url()).content.decode()


def test_a_delivery_is_returned_and_mended_on_its_page(cast, secretary, liaison):
    covenant = made.signed(cast)
    delivery = made.deliver(cast, Commitment.objects.get(covenant=covenant, key="t1"), confirmed=False, quantity=3)
    url = f"{delivery.get_absolute_url()}actions/"
    assert secretary.post(f"{url}return/", {"version": 1, "note": ""}).status_code == 422
    secretary.post(f"{url}return/", {"version": 1, "note": "只亮了两盏"})
    page = liaison.get(delivery.get_absolute_url())
    assert "只亮了两盏" in text_of(page)
    assert "提交履约" in text_of(page)
    assert "delivery.submit" not in text_of(page)  # the history names steps as people know them
    data = {"version": 2, "on": str(made.day(0)), "quantity": "2", "note": "改报两盏"}
    liaison.post(f"{url}resubmit/", data)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.quantity) == ("submitted", 2)


def test_a_lost_race_over_a_delivery_is_told(cast, secretary):
    covenant = made.signed(cast)
    delivery = made.deliver(cast, Commitment.objects.get(covenant=covenant, key="t1"), quantity=3)
    answer = secretary.post(f"{delivery.get_absolute_url()}actions/return/", {"version": 1, "note": "不对"})
    assert answer.status_code == 409
    assert "不对" in text_of(answer)


def test_lights_are_said_in_words(cast, secretary):
    covenant = made.signed(cast, made.some_terms(made.task(due=-1), made.task("t2", due=2), made.task("t3", due=50)))
    page = text_of(secretary.get(covenant.get_absolute_url()))
    next_due = f"下一项“修路灯”，{short_time(made.day(2))} 到期，还有 2 天。"
    for word in ("超期", "临期", "正常", "超期 1 项。", next_due):
        assert word in page


# --- ending ---------------------------------------------------------------------------------------


def test_ending_early_calls_off_what_was_not_due(cast, secretary, liaison):
    covenant = made.signed(cast, made.some_terms(made.task(due=-1), made.task("t2", due=20)))
    step(liaison, covenant, "ask_end", note="单位撤并")
    answer = step(secretary, covenant, "agree_end", note="")
    assert "已终止" in text_of(answer)
    found = dict(Commitment.objects.values_list("key", "is_cancelled"))
    assert found == {"t1": False, "t2": True}


def scores_of(*numbers):
    return {f"scores_{index}": str(number) for index, number in enumerate(numbers)}


def test_from_evaluation_to_renewal(cast, secretary, liaison):
    load_rubrics()
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
    made.deliver(cast, Commitment.objects.get(), quantity=1)
    step(secretary, covenant, "begin_evaluation")
    page = text_of(liaison.get(covenant.get_absolute_url()))
    assert "需求真实清楚" in page
    wrong = step(liaison, covenant, "evaluate", **scores_of(99, 1, 1, 1), comment="很好")
    assert "需求真实清楚”为 0 至 30 分" in text_of(wrong)
    assert 'value="99"' in wrong.content.decode()
    step(liaison, covenant, "evaluate", **scores_of(30, 30, 20, 15), comment="很好")
    step(secretary, covenant, "evaluate", **scores_of(40, 25, 20, 10), comment="得力")
    assert "评约：优秀" in text_of(secretary.get(covenant.get_absolute_url()))
    answer = secretary.post(
        f"{covenant.get_absolute_url()}renew/",
        {"begins": str(made.day(70)), "ends": str(made.day(160))},
        follow=True,
    )
    assert "续约自" in text_of(answer)
    assert Covenant.objects.get(previous=covenant).status == Status.NEGOTIATING
    assert secretary.get(f"{covenant.get_absolute_url()}renew/").status_code == 302


# --- cost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["secretary", "liaison", "district"])
def test_a_page_costs_the_same_however_much_was_promised(cast, sign_in, who):
    small = made.signed(cast, made.some_terms(made.task()))
    items = [made.task(f"t{i}", quantity="9") for i in range(12)] + [made.project(f"p{i}") for i in range(8)]
    large = made.signed(cast, made.some_terms(*items))
    for covenant in (small, large):
        for row in Commitment.objects.filter(covenant=covenant, kind="task"):
            made.deliver(cast, row, confirmed=False, quantity=1)
    client = sign_in(getattr(cast, who))
    client.get(small.get_absolute_url())
    counts = []
    for covenant in (small, large):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(covenant.get_absolute_url()).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30, counts


def test_whoever_signed_in_again_comes_back_to_the_inputs(cast, client, sign_in):
    """The sign-in page leads on by GET to where a form was sent."""
    covenant = made.signed(cast, made.some_terms(made.task()))
    page, row, need = covenant.get_absolute_url(), covenant.commitments.get(), made.need(cast)
    sent = {
        f"{page}commitments/{row.pk}/deliver/": (cast.liaison, f"{page}?deliver={row.pk}#c{row.pk}"),
        f"/covenants/needs/{need.number}/take/": (cast.liaison, need.get_absolute_url()),
        f"/covenants/needs/{need.number}/actions/withdraw/": (
            cast.secretary,
            f"{need.get_absolute_url()}#act-withdraw",
        ),
    }
    for address, (user, led_to) in sent.items():
        assert client.post(address, {})["Location"] == f"/login/?next={address}"
        answer = sign_in(user).get(address)
        assert (answer.status_code, answer["Location"]) == (302, led_to)
        assert sign_in(cast.sibling).get(address).status_code == 404


def test_what_was_written_too_late_stays_in_sight(cast, sign_in):
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
    page, row = covenant.get_absolute_url(), covenant.commitments.get()
    unit = sign_in(cast.liaison)
    made.deliver(cast, row, quantity=1)
    WORKFLOW.apply(Covenant.objects.get(), "begin_evaluation", by=cast.secretary)
    Commitment.objects.update(is_cancelled=True)
    given = {"on": str(made.day(0)), "quantity": "1", "note": "东头的灯修好了"}
    told = unit.post(f"{page}commitments/{row.pk}/deliver/", given, follow=True).content.decode()
    assert "现在不能提交履约" in told
    assert "东头的灯修好了" in told
    draft = {"title": "共建学校", "note": "多修两盏", "version": covenant.version, "last_event": "1"}
    late = unit.post(f"{page}draft/", draft)
    assert late.status_code == 409
    assert "portal_draft_done" not in late.cookies
    for said in ("现在不能提出修改稿", "共建学校", "多修两盏"):
        assert said in late.content.decode()

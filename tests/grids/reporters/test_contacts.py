"""The reporter's contact: entered, kept encrypted, masked, revealed with a reason, removed. Never an oracle."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.test import override_settings

from grids.issues.models import Issue
from grids.issues.rights import may_keep_contact, may_reveal
from grids.issues.workflow import WORKFLOW
from grids.reporters import services as contacts
from grids.reporters.models import Contact, ReporterContact
from grids.reporters.services import reveal_contact, save_contact
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows.crypto import new_key, parse_keys
from suzhou_portal.lib.rows.records import StaleVersion
from suzhou_portal.rules.models import Parameter
from tests import factories as make

pytestmark = pytest.mark.dialect
NAME, PHONE = "欧阳询问", "13800001234"
WHY = {"why": "callback", "words": "核实是否修好"}


@pytest.fixture
def issue(cast):
    return make.make_issue(cast.secretary, cast.compound, cast.lamp, contact=Contact(NAME, PHONE))


def page(issue, action=""):
    return f"/issues/{issue.number}/{action}"


def entry_values(cast, **changes):
    values = {"place": cast.compound.code, "description": "路灯不亮", "category": cast.lamp.code}
    return values | {"contact_name": NAME, "contact_phone": "138 0000 1234"} | changes


def everything_stored():
    """Every value of every table, as text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [str(row) for row in cursor.fetchall()]
    return "\n".join(texts)


# --- taken in -------------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_it_is_entered_with_the_issue_and_stands_nowhere_in_the_clear(cast, sign_in, cipher):
    with override_settings(CIPHER=cipher):
        answer = sign_in(cast.secretary).post("/issues/new/", entry_values(cast), follow=True)
        row = ReporterContact.objects.get()
        assert row.phone.startswith(f"{cipher}.")
        assert row.read() == Contact(NAME, PHONE)
    stored = everything_stored()
    assert NAME not in stored
    assert PHONE not in stored
    assert "张**" not in stored
    assert AuditEntry.objects.filter(action="contact.add", object_label=row.issue.number).count() == 1
    assert NAME not in answer.content.decode()


def test_without_a_contact_no_row_is_made(cast, sign_in):
    sign_in(cast.secretary).post("/issues/new/", entry_values(cast, contact_name="", contact_phone=" "))
    assert Issue.objects.count() == 1
    assert not ReporterContact.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contact_phone": "1234"}, contacts.BAD_PHONE),
        ({"contact_phone": "1380000123"}, contacts.BAD_PHONE),
        ({"contact_phone": "12345678901"}, contacts.BAD_PHONE),
        ({"contact_phone": "没有"}, contacts.BAD_PHONE),
        ({"contact_name": "张三13800001234"}, contacts.BAD_NAME),
        ({"contact_name": "<b>张三</b>"}, contacts.BAD_NAME),
        ({"contact_name": "张" * 21}, "20"),
    ],
)
def test_a_bad_contact_is_named_beside_its_field(cast, sign_in, change, message):
    answer = sign_in(cast.secretary).post("/issues/new/", entry_values(cast, **change))
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert '<details class="more" open>' in answer.content.decode()
    assert not Issue.objects.exists()


@pytest.mark.parametrize("typed", ["138 0000 1234", "+86 138-0000-1234", "１３８００００１２３４"])
def test_a_mobile_number_is_kept_as_digits(typed):
    assert contacts.clean_phone(typed) == PHONE


@pytest.mark.parametrize(
    ("typed", "digits"), [("0937-2612345", "09372612345"), ("（0937）261 2345", "09372612345"), ("2612345", "2612345")]
)
def test_a_fixed_number_is_kept_as_digits(typed, digits):
    assert contacts.clean_phone(typed) == digits


@pytest.mark.parametrize("name", ["张三", "张先生", "买买提·吐尔逊", "Li Lei", "王女士"])
def test_names_and_forms_of_address_are_taken(name):
    assert contacts.clean_name(f" {name} ") == name


def test_the_api_takes_it_and_never_answers_it(cast, sign_in):
    client = sign_in(cast.secretary)
    body = {"place": cast.c1.code, "category": "0102", "description": "路灯不亮"}
    body |= {"contact_name": NAME, "contact_phone": "138 0000 1234"}
    for _ in range(2):  # the same key again: the stored answer
        answer = client.post(
            "/api/v1/issues/", body, content_type="application/json", headers={"Idempotency-Key": "once"}
        )
        assert answer.status_code == 201
        assert "contact" not in answer.content.decode()
        assert NAME not in answer.content.decode()
    assert ReporterContact.objects.get().read() == Contact(NAME, PHONE)
    assert NAME not in everything_stored()


@pytest.mark.parametrize("name", ["contact_name", "contact_phone"])
@pytest.mark.parametrize("value", ["99987654", None, 13800001234, "张三\x00", "x" * 40, ["张三"], {"a": "b"}])
def test_the_api_names_a_bad_contact_without_repeating_it(cast, sign_in, name, value):
    body = {"place": cast.c1.code, "category": "0102", "description": "路灯不亮", name: value}
    answer = sign_in(cast.secretary).post("/api/v1/issues/", body, content_type="application/json")
    if name == "contact_phone" and value == 13800001234:  # a number is as good as its digits
        assert answer.status_code == 201
        return
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [name]
    assert "99987654" not in answer.content.decode()
    assert not Issue.objects.exists()


def test_the_entry_keeps_its_queries(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.secretary)
    client.post("/issues/new/", entry_values(cast))  # warms what is kept
    with django_assert_max_num_queries(24) as with_contact:
        client.post("/issues/new/", entry_values(cast))
    with django_assert_max_num_queries(24) as without:
        client.post("/issues/new/", entry_values(cast, contact_name="", contact_phone=""))
    assert len(with_contact) - len(without) == 2  # the contact and its entry in the trail


# --- who sees what ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "masked"),
    [
        (Contact("张三", PHONE), "张** 138****1234"),
        (Contact("欧阳询问", ""), "欧**"),
        (Contact("", "09372612345"), "****45"),
        (Contact("", ""), ""),
    ],
)
def test_masks_are_made_on_the_fly(contact, masked):
    assert contact.masked == masked
    assert "张" not in repr(contact)


def test_people_of_the_places_see_it_masked_and_organisations_only_that_there_is_one(cast, sign_in, issue):
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    for user in (cast.secretary, cast.officer, cast.district, cast.leader, cast.area_leader):
        text = sign_in(user).get(page(issue)).content.decode()
        assert "欧** 138****1234" in text, user
        assert NAME not in text
        assert PHONE not in text
    text = sign_in(cast.department).get(page(issue)).content.decode()
    assert "留有联系方式" in text
    assert "138*" not in text
    assert PHONE not in text
    assert "欧" not in text


def test_who_may_reveal(cast, issue):
    def allowed(row):
        users = ("district", "officer", "secretary", "leader", "area_leader", "department", "sibling", "auditor")
        return {name for name in users if may_reveal(row, getattr(cast, name))}

    assert allowed(issue) == {"officer", "secretary"}
    on_district = WORKFLOW.apply(
        WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "x"}),
        "escalate",
        by=cast.officer,
        inputs={"note": "x"},
    )
    assert allowed(on_district) == {"officer", "secretary", "district"}
    in_grid = make.make_issue(cast.leader, cast.g1, cast.litter, contact=Contact(NAME, PHONE))
    assert allowed(in_grid) == {"officer", "secretary", "leader"}


def test_who_may_enter_and_remove(cast):
    issue = make.make_issue(cast.area_leader, cast.compound, cast.lamp)
    may = {name for name, user in vars(cast).items() if hasattr(user, "scope_for") and may_keep_contact(issue, user)}
    assert may == {"area_leader", "secretary", "officer"}


@pytest.mark.parametrize(
    ("who", "status"),
    [("other_officer", 404), ("sibling", 404), ("department", 404), ("nobody", 403), ("auditor", 403), ("leader", 403)],
)
def test_others_are_refused_and_nothing_is_on_record(cast, sign_in, issue, who, status):
    for action in ("contact/reveal/", "contact/", "contact/remove/"):
        answer = sign_in(getattr(cast, who)).post(page(issue, action), WHY)
        assert answer.status_code == status
        assert PHONE not in answer.content.decode()
    assert not AuditEntry.objects.filter(action="contact.reveal").exists()


def test_an_organisation_that_has_it_in_hand_is_refused(cast, sign_in, issue):
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    assert sign_in(cast.department).post(page(issue, "contact/reveal/"), WHY).status_code == 403


# --- the click -------------------------------------------------------------------------------


def test_a_reveal_is_shown_once_and_on_record_with_its_reason(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    answer = client.post(page(issue, "contact/reveal/"), WHY)
    text = answer.content.decode()
    assert NAME in text
    assert PHONE in text
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(action="contact.reveal")
    assert (entry.actor, entry.object_label, entry.reason) == (cast.secretary, issue.number, "回访核实：核实是否修好")
    assert PHONE not in str(entry.changes)
    again = client.get(page(issue)).content.decode()
    assert NAME not in again
    assert "欧**" in again


def test_htmx_gets_the_panel_alone(cast, sign_in, issue):
    answer = sign_in(cast.secretary).post(page(issue, "contact/reveal/"), WHY, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "<html" not in text
    assert PHONE in text
    assert "no-store" in answer["Cache-Control"]
    assert 'hx-history="false"' in text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "请选择查看原因"),
        ({"why": "curiosity"}, "请选择"),
        ({"why": "other"}, "请说明原因"),
        ({"why": "other", "words": "打 13900001111"}, "疑似含手机号（139***111）"),
    ],
)
def test_without_a_reason_nothing_is_shown(cast, sign_in, issue, values, message):
    answer = sign_in(cast.secretary).post(page(issue, "contact/reveal/"), values)
    assert answer.status_code == 422
    assert PHONE not in answer.content.decode()
    assert message in answer.content.decode() or values.get("why") == "curiosity"
    assert not AuditEntry.objects.filter(action="contact.reveal").exists()


def test_a_get_reveals_nothing(cast, sign_in, issue):
    answer = sign_in(cast.secretary).get(page(issue, "contact/reveal/"), WHY)
    assert answer["Location"] == f"/issues/{issue.number}/#contact"
    assert not AuditEntry.objects.filter(action="contact.reveal").exists()


def test_reveals_are_throttled_per_user_with_a_kind_word(cast, sign_in, issue):
    Parameter.objects.filter(code="grids.reveals_per_hour").delete()
    Parameter(code="grids.reveals_per_hour", value=2).save()
    client = sign_in(cast.secretary)
    statuses = [client.post(page(issue, "contact/reveal/"), WHY).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = client.post(page(issue, "contact/reveal/"), WHY)
    assert "分钟后再查看" in answer.content.decode()
    assert PHONE not in answer.content.decode()
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert AuditEntry.objects.filter(action="contact.reveal").count() == 2
    assert sign_in(cast.officer).post(page(issue, "contact/reveal/"), WHY).status_code == 200


def test_a_failing_audit_write_shows_nothing(cast, refuse_entries):
    refuse_entries("contact.reveal")
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, contact=Contact(NAME, PHONE))
    with pytest.raises(DatabaseError, match="refused"):
        reveal_contact(issue, by=cast.secretary, reason="x")


def test_a_missing_key_breaks_no_page_and_is_said(cast, sign_in, issue):
    with override_settings(DATA_KEYS=parse_keys(new_key("other"))):
        client = sign_in(cast.secretary)
        assert "暂时无法读取" in client.get(page(issue)).content.decode()
        answer = client.post(page(issue, "contact/reveal/"), WHY)
        assert answer.status_code == 422
        assert "联系系统管理员" in answer.content.decode()
        assert client.post(page(issue, "contact/remove/")).status_code == 422
    assert not AuditEntry.objects.filter(action__in=["contact.reveal", "contact.remove"]).exists()
    assert ReporterContact.objects.get().read().phone == PHONE


def test_the_audit_page_tells_it_in_chinese(cast, sign_in, issue):
    sign_in(cast.secretary).post(page(issue, "contact/reveal/"), WHY)
    text = sign_in(cast.auditor).get("/audit/", {"action": "contact.reveal"}).content.decode()
    for words in ("查看反映人联系方式", issue.number, "回访核实：核实是否修好", cast.secretary.name):
        assert words in text


# --- later -----------------------------------------------------------------------------------


def test_it_can_be_added_and_replaced_later(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    client = sign_in(cast.secretary)
    assert "登记联系方式" in client.get(page(issue)).content.decode()
    for version, name in ((0, "张三"), (1, "李四")):
        values = {"contact_name": name, "contact_phone": PHONE, "contact_version": version}
        assert client.post(page(issue, "contact/"), values)["Location"] == f"/issues/{issue.number}/"
        assert ReporterContact.objects.get().read().name == name
    actions = AuditEntry.objects.filter(action__startswith="contact.").order_by("pk").values_list("action", "changes")
    assert list(actions) == [("contact.add", {}), ("contact.replace", {})]


def test_an_empty_contact_is_refused(cast, sign_in, issue):
    answer = sign_in(cast.secretary).post(page(issue, "contact/"), {"contact_version": 1})
    assert answer.status_code == 422
    assert "请填写联系人或联系电话" in answer.content.decode()
    assert ReporterContact.objects.get().read().name == NAME


def test_whoever_comes_second_overwrites_nothing(cast, sign_in, issue):
    values = {"contact_name": "张三", "contact_phone": "", "contact_version": 1}
    sign_in(cast.secretary).post(page(issue, "contact/"), values)
    answer = sign_in(cast.officer).post(page(issue, "contact/"), {**values, "contact_name": "李四"})
    assert answer.status_code == 409
    assert "刚有他人" in answer.content.decode()
    assert ReporterContact.objects.get().read().name == "张三"


def test_two_at_once_make_one_row(cast, issue):
    with pytest.raises(StaleVersion):
        save_contact(issue, Contact("李四", ""), by=cast.officer, version=0)
    assert ReporterContact.objects.get().read().name == NAME


def test_it_is_removed_on_the_reporters_wish_with_its_traces_in_the_texts(cast, sign_in):
    issue = make.make_issue(
        cast.secretary,
        cast.compound,
        cast.lamp,
        f"{NAME}家门口路灯不亮，物业 13900001111",
        contact=Contact(NAME, PHONE),
    )
    note = f"已致电{NAME} 138-0000-1234"
    WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": note, "not_personal": True})
    client = sign_in(cast.secretary)
    assert client.post(page(issue, "contact/remove/")).status_code == 302
    row = ReporterContact.objects.get()
    assert (row.name, row.phone) == ("", "")
    assert row.erased_at is not None
    issue.refresh_from_db()
    assert issue.description == "〔已清除〕家门口路灯不亮，物业 13900001111"
    assert issue.events.get(action="take").note == "已致电〔已清除〕 〔已清除〕"
    assert NAME not in everything_stored()
    assert Issue.objects.matching(NAME[:2]).count() == 0
    assert "联系方式已清除" in client.get(page(issue)).content.decode()
    entry = AuditEntry.objects.get(action="contact.remove")
    assert (entry.object_label, entry.changes) == (issue.number, {"texts": 3})
    assert client.post(page(issue, "contact/remove/")).status_code == 422


def test_on_the_reporters_wish_the_parts_lose_its_traces_too(cast, sign_in):
    text = f"{NAME}家门口路灯不亮"
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, text, contact=Contact(NAME, PHONE))
    inputs = {"organisations": [cast.law.pk], "note": f"请联系{NAME}"}
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs=inputs)
    assert sign_in(cast.secretary).post(page(issue, "contact/remove/")).status_code == 302
    part = Issue.objects.get(parent=issue)
    assert part.description == "〔已清除〕家门口路灯不亮"
    assert NAME not in sign_in(cast.department).get(part.get_absolute_url()).content.decode()
    assert NAME not in everything_stored()


def test_after_the_end_what_was_erased_is_not_entered_again(cast, issue):
    contacts.remove_contact(issue, by=cast.secretary)
    for action, inputs in (("take", {}), ("answer", {"note": "好了"}), ("close", {})):
        issue = WORKFLOW.apply(issue, action, by=cast.secretary, inputs=inputs)
    with pytest.raises(ValidationError, match="不再登记"):
        save_contact(issue, Contact(NAME, PHONE), by=cast.secretary, version=2)


def test_a_reopened_issue_may_be_given_a_contact_again(cast, issue):
    contacts.remove_contact(issue, by=cast.secretary)
    save_contact(issue, Contact("李四", ""), by=cast.secretary, version=2)
    row = ReporterContact.objects.get()
    assert (row.read().name, row.erased_at) == ("李四", None)


def test_old_reveals_do_not_count(cast, issue):
    """The hour slides: what was looked at before it no longer counts."""
    Parameter.objects.filter(code="grids.reveals_per_hour").delete()
    Parameter(code="grids.reveals_per_hour", value=1).save()
    reveal_contact(issue, by=cast.secretary, reason="x")
    with pytest.raises(contacts.TooManyReveals):
        reveal_contact(issue, by=cast.secretary, reason="x")
    later = contacts.timezone.now() + timedelta(minutes=61)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contacts.timezone, "now", lambda: later)
        assert reveal_contact(issue, by=cast.secretary, reason="x").phone == PHONE

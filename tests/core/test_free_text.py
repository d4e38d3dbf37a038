"""Free text is flagged on every surface in one way: pages, actions, bulk, registers, imports, API."""

import pytest
from django import forms

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.text.free_text import CONFIRM, FreeTextMixin
from tests import factories as make
from tests.registers.test_files import HEAD, IMPORT, token_of, workbook

TEXT = "请找门卫 13812345678"
SAID = "疑似含手机号（138***678）"


@pytest.fixture
def issue(cast):
    return make.make_issue(cast.secretary, cast.compound, cast.lamp)


def send(client, method, path, body):
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")


def is_flagged(answer, *names):
    """400 that names the texts and, beside them, what to set."""
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert set(errors) == {*names, CONFIRM}
    assert all(SAID in errors[name][0] for name in names)
    return True


# --- issues -----------------------------------------------------------------------------------


def test_a_report_through_the_api(cast, sign_in):
    client = sign_in(cast.secretary)
    body = {"place": cast.c1.code, "category": "0102", "description": TEXT, "address": TEXT}
    assert is_flagged(send(client, "post", "issues/", body), "description", "address")
    assert not Issue.objects.exists()
    assert send(client, "post", "issues/", {**body, CONFIRM: True}).status_code == 201


def test_the_note_of_an_action_through_the_api(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    address = f"issues/{issue.number}/actions/take/"
    assert is_flagged(send(client, "post", address, {"note": TEXT}), "note")
    assert issue.events.count() == 1
    answer = send(client, "post", address, {"note": TEXT, CONFIRM: "yes"})
    assert answer.json()["errors"] == {CONFIRM: ["须为 true 或 false。"]}
    assert send(client, "post", address, {"note": TEXT, CONFIRM: True}).status_code == 200
    assert issue.events.get(action="take").note == TEXT


def test_the_note_of_an_action_on_the_page(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    values = {"version": 1, "note": TEXT}
    answer = client.post(f"/issues/{issue.number}/take/", values)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert SAID in text
    assert 'name="not_personal"' in text
    assert TEXT in text  # nothing typed is lost
    assert client.post(f"/issues/{issue.number}/take/", {**values, CONFIRM: "on"}).status_code == 302


def test_the_lines_of_a_split(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    values = {"version": 1, "parts": f"路灯不亮\n{TEXT}"}
    assert SAID in client.post(f"/issues/{issue.number}/split/", values).content.decode()
    assert client.post(f"/issues/{issue.number}/split/", {**values, CONFIRM: "on"}).status_code == 302


def test_a_confirmed_reason_reaches_the_parts_that_the_portal_ends(cast, issue):
    """The portal's own steps repeat a confirmed note without asking again."""
    WORKFLOW.apply(issue, "split", by=cast.secretary, inputs={"parts": "一\n二"})
    WORKFLOW.apply(issue, "rejoin", by=cast.secretary, inputs={"note": TEXT, CONFIRM: True})
    assert {part.events.get(action="drop_part").note for part in issue.parts.all()} == {TEXT}


def test_the_note_of_a_bulk_assignment(cast, sign_in):
    issues = [make.make_issue(cast.officer, cast.c1, cast.lamp) for _ in range(2)]
    keys = [f"{issue.pk}.{issue.version}" for issue in issues]
    values = {"issue": keys, "confirmed": "1", "organisation": cast.law.pk, "note": TEXT}
    client = sign_in(cast.officer)
    answer = client.post("/issues/bulk/", values)
    assert answer.status_code == 422
    assert SAID in answer.content.decode()
    assert 'name="not_personal"' in answer.content.decode()
    client.post("/issues/bulk/", {**values, CONFIRM: "on"})
    assert {issue.events.last().note for issue in issues} == {TEXT}


def test_a_saved_filter_is_named_and_worded_without_numbers(cast, sign_in):
    client = sign_in(cast.secretary)
    for values in ({"name": TEXT, "query": ""}, {"name": "常用", "query": "q=13812345678"}):
        assert SAID in client.post("/issues/filters/", values, follow=True).content.decode()
    assert not SavedFilter.objects.exists()


# --- registers --------------------------------------------------------------------------------


def test_the_form_of_a_register(cast, sign_in):
    client = sign_in(cast.district)
    values = {"code": "N1", "name": "新单位", "is_department": "on", "address": TEXT, "telephone": "13812345678"}
    answer = client.post("/streets/organisations/new/", values)
    assert answer.status_code == 422
    assert SAID in answer.content.decode()
    assert answer.context["form"].errors.keys() == {"address", CONFIRM}  # a telephone column is there for numbers
    assert client.post("/streets/organisations/new/", {**values, CONFIRM: "on"}).status_code == 302
    assert Organisation.objects.get(code="N1").address == TEXT


def test_what_was_confirmed_once_asks_no_second_time(cast, sign_in):
    Organisation.objects.filter(pk=cast.law.pk).update(address=TEXT)
    register = site["organisations"]
    client = sign_in(cast.district)
    stored = register.form(cast.district, obj=Organisation.objects.get(pk=cast.law.pk))
    values = {
        name: value for name in stored.fields if isinstance(value := stored[name].value(), (str, int)) and value != ""
    }
    values = {name: "on" if value is True else value for name, value in values.items() if value is not False}
    answer = client.post("/streets/organisations/D01/edit/", {**values, "name": "执法队"})
    assert answer.status_code == 302
    assert Organisation.objects.get(code="D01").name == "执法队"


def test_a_register_through_the_api(cast, sign_in):
    client = sign_in(cast.district)
    body = {"code": "N1", "name": "新单位", "is_department": True, "address": TEXT}
    assert is_flagged(send(client, "post", "organisations/", body), "address")
    made = send(client, "post", "organisations/", {**body, CONFIRM: True})
    assert made.status_code == 201
    assert CONFIRM not in made.json()
    path, version = "organisations/N1/", made.json()["version"]
    assert send(client, "patch", path, {"version": version, "address": TEXT, "name": "改名"}).status_code == 200
    assert is_flagged(send(client, "patch", path, {"version": version + 1, "address": f"{TEXT}。"}), "address")


def test_the_rows_of_an_import(cast, sign_in):
    client = sign_in(cast.district)
    answer = client.post(IMPORT, {"file": workbook(HEAD, ["N1", "一", "是", "", TEXT], ["N2", "二", "是", "", "南门"])})
    text = answer.content.decode()
    assert f"地址：文字中{SAID}" in text
    assert answer.context["counts"]["error"] == 1
    assert "已核对这 1 行" in text
    again = client.post(IMPORT, {"token": token_of(answer), "recheck": "1"})
    assert again.context["counts"]["error"] == 1  # the box was not ticked
    confirmed = client.post(IMPORT, {"token": token_of(again), "recheck": "1", CONFIRM: "on"})
    assert confirmed.context["counts"] == {"create": 2, "update": 0, "same": 0, "error": 0}
    assert not Organisation.objects.filter(code="N1").exists()
    assert client.post(IMPORT, {"token": token_of(confirmed)}).status_code == 302
    assert Organisation.objects.get(code="N1").address == TEXT


def test_a_recheck_needs_the_upload(cast, sign_in):
    answer = sign_in(cast.district).post(IMPORT, {"token": "x", "recheck": "1", CONFIRM: "on"})
    assert answer.status_code == 422
    assert "重新上传" in answer.content.decode()


def test_every_form_of_a_register_and_every_action_is_flagged(cast, issue):
    """Whatever free text a form takes: one number in it, and it is an error beside the field."""
    seen = 0
    for register in site.registers:
        if register.edit_verb and register.fields:
            assert issubclass(register.form_class, FreeTextMixin)
    for action, transition in WORKFLOW.by_action.items():
        for user in (cast.secretary, cast.officer, cast.district):
            if transition.automatic or transition not in WORKFLOW.available(issue, user):
                continue
            fields = WORKFLOW.form(issue, action, user).fields
            for name, field in fields.items():
                if type(field) is forms.CharField:
                    seen += 1
                    assert SAID in str(WORKFLOW.form(issue, action, user, {name: TEXT}).errors.get(name)), action
    assert seen > 5

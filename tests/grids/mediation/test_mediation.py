"""调处化解: the walk through the table, notices, links with issues, the register's pages, figures, no names."""

import itertools
import json
from datetime import date, timedelta

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.changes.services import transfer
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.mediation.models import (
    Mediation,
    MediationEvent,
    MediationIssue,
    MediationSession,
    MediationStatus,
    Mediator,
)
from grids.mediation.workflow import MEDIATING
from grids.places.models import GridPost
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.figures import row_figures
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make
from tests.grids.mediation.made import SUMMARY, dispute, ended, kind, take
from tests.grids.rosters.made import term

LIST = "/grids/mediations/"


def page(row):
    return row.get_absolute_url()


def post(client, row, action, **data):
    row.refresh_from_db()
    return client.post(f"{page(row)}act/{action}/", {"version": row.version, **data})


def given(cast, **more):
    data = {"community": cast.c1.code, "grid": "", "kind": kind().code, "party_a": "resident", "party_b": "property"}
    return {**data, "party_c": "", "summary": SUMMARY, **more}


# --- the table ------------------------------------------------------------------------------------


def test_the_walk_from_registration_to_the_archive(cast):
    row = dispute(cast.leader, cast.compound)
    assert (row.status, row.community, row.street, row.due_at) == ("registered", cast.c1, cast.s1, None)
    assert row.number.startswith("TJ-")
    row = take(row, cast.secretary, "accept", roles=["mediator"])
    assert row.status == MediationStatus.ACCEPTED
    assert row.due_at > timezone.now() + timedelta(days=9)
    row = take(row, cast.secretary, "session", "session")
    assert (row.status, row.sessions_held) == ("mediating", 2)
    row = take(row, cast.secretary, "succeed")
    assert (row.status, row.outcome, row.agreement) == ("succeeded", "succeeded", True)
    row = take(row, cast.secretary, "follow_up")
    assert (row.status, row.kept) == ("succeeded", True)
    row = take(row, cast.secretary, "archive")
    assert (row.status, row.outcome) == ("archived", "succeeded")
    steps = list(row.events.values_list("action", "from_status", "to_status"))
    assert [step[0] for step in steps] == [
        *("register", "accept", "session", "session", "succeed", "follow_up", "archive"),
    ]
    assert all(before[2] == after[1] for before, after in itertools.pairwise(steps))
    told = AuditEntry.objects.filter(object_type="grids.mediation").order_by("id")
    assert [entry.action for entry in told] == [f"mediation.{step[0]}" for step in steps]


@pytest.mark.parametrize(
    ("action", "outcome", "route"),
    [("fail", "failed", ""), ("transfer", "transferred", "court"), ("withdraw", "withdrawn", "")],
)
def test_other_ends_and_a_new_beginning(cast, action, outcome, route):
    row = ended(cast.secretary, cast.g1, action)
    assert (row.outcome, row.route, row.agreement) == (outcome, route, None)
    with pytest.raises(ActionNotPossible):
        take(row, cast.secretary, "follow_up")
    first_limit = row.due_at
    row = take(row, cast.secretary, "archive", "reopen")
    assert (row.status, row.outcome, row.concluded_at, row.route) == ("accepted", "", None, "")
    assert row.due_at >= first_limit
    row = take(row, cast.secretary, "session", "succeed")
    assert row.outcome == "succeeded"


def test_who_may_take_which_step(cast):
    row = dispute(cast.area_leader, cast.g1)

    def offered(user):
        return {transition.action for transition in MEDIATING.available(row, user)}

    assert "accept" in offered(cast.secretary) & offered(cast.officer) & offered(cast.district) & offered(cast.leader)
    assert offered(cast.area_leader) == {"withdraw"}  # their own, as long as nobody has accepted it
    for user in (cast.sibling, cast.other_officer, cast.sibling_leader, cast.department, cast.auditor, cast.nobody):
        assert not offered(user)
        with pytest.raises(ActionForbidden):
            take(row, user, "accept")
    row = take(row, cast.leader, "accept")
    assert not offered(cast.area_leader)
    with pytest.raises(ActionNotPossible):
        take(row, cast.secretary, "succeed")  # no talk yet


def test_mediators_are_offices_leaders_of_the_roster_and_organisations(cast):
    leader = term(cast.g1, user=cast.leader)
    foreign = term(cast.g2, "李建国")
    row = dispute(cast.officer, cast.compound)
    form = MEDIATING.form(row, "session", cast.officer)
    assert leader in form.fields["leaders"].queryset
    assert foreign not in form.fields["leaders"].queryset
    row = take(row, cast.officer, "accept", roles=["justice"], leaders=[leader.pk], organisation=cast.unit_org.pk)
    assert [str(mediator) for mediator in row.mediators.all()] == ["司法所工作人员", "网格长王秀兰", "第一中学"]
    told = OutboxMessage.objects.get(audience__users=[cast.leader.pk])
    assert "请参加调解" in told.title
    row = take(row, cast.officer, "session", roles=[])  # nobody named: those of the case
    session = row.sessions.get()
    assert [str(mediator) for mediator in session.mediators.all()] == ["司法所工作人员", "网格长王秀兰", "第一中学"]
    row = take(row, cast.officer, "session", roles=["police"])
    assert [str(mediator) for mediator in row.sessions.last().mediators.all()] == ["派出所民警"]


def test_a_talk_needs_a_mediator_and_a_fitting_day(cast, sign_in):
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept")
    client = sign_in(cast.secretary)
    today = timezone.localdate()
    for data, words in (
        ({"held_on": today, "said": "谈了"}, "请选择调解人"),
        ({"held_on": today + timedelta(days=1), "said": "谈了", "roles": "mediator"}, "不能晚于今天"),
        ({"held_on": "2020-01-01", "said": "谈了", "roles": "mediator"}, "不能早于登记之日"),
        ({"held_on": today, "said": "", "roles": "mediator"}, "请填写调解要点"),
        ({"held_on": today, "said": "请打 13812345678", "roles": "mediator"}, "疑似含手机号"),
    ):
        answer = post(client, row, "session", **data)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert str(data["said"]) in answer.content.decode()
    assert not MediationSession.objects.exists()


def test_a_lost_race_shows_what_was_typed(cast, sign_in):
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept", "session")
    version = row.version
    take(row, cast.officer, "session")
    answer = sign_in(cast.secretary).post(f"{page(row)}act/fail/", {"version": version, "note": "谈不拢，另行起诉"})
    assert answer.status_code == 409
    assert "谈不拢，另行起诉" in answer.content.decode()
    assert Mediation.objects.get().outcome == ""


def test_what_was_ticked_is_told_by_name_after_a_lost_race(cast, sign_in):
    row = dispute(cast.secretary, cast.g1)
    leader = make.saved(GridPost(grid=cast.g1, kind="leader", name="王秀兰", starts=date(2026, 1, 1)))
    take(row, cast.officer, "accept")
    sent = {"version": 1, "roles": ["mediator", "police"], "leaders": [leader.pk], "note": "今晚就谈"}
    answer = sign_in(cast.secretary).post(f"{page(row)}act/accept/", sent)
    assert answer.status_code == 409
    typed = dict(answer.context["typed"])
    assert typed["调解人"] == "人民调解员、派出所民警"
    assert "王秀兰" in typed["名册中的网格长"]
    assert typed["说明"] == "今晚就谈"


def test_a_follow_up_sent_twice_is_one_and_another_is_told(cast, sign_in):
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept", "session", "succeed")
    client, version = sign_in(cast.secretary), row.version
    sent = {"version": version, "kept": "true", "note": "已看过"}
    assert [client.post(f"{page(row)}act/follow_up/", sent).status_code for _time in range(2)] == [302, 302]
    assert MediationEvent.objects.filter(action="follow_up").count() == 1
    answer = client.post(f"{page(row)}act/follow_up/", {**sent, "kept": "false", "note": "又闹起来了"})
    assert answer.status_code == 409
    assert "又闹起来了" in answer.content.decode()


def test_the_same_step_sent_twice_is_one(cast, sign_in):
    row = dispute(cast.secretary, cast.g1)
    client = sign_in(cast.secretary)
    for _time in range(2):
        assert client.post(f"{page(row)}act/accept/", {"version": 1}).status_code == 302
    assert MediationEvent.objects.filter(action="accept").count() == 1


# --- registering --------------------------------------------------------------------------------


def test_a_dispute_is_registered_once_and_the_community_is_told(cast, sign_in):
    client = sign_in(cast.officer)
    form = client.get(f"{LIST}new/").context["form"]
    key = str(form["submission_key"].value())
    for _time in range(2):
        answer = client.post(f"{LIST}new/", given(cast, submission_key=key))
        assert answer.status_code == 302
    row = Mediation.objects.get()
    assert answer["Location"] == page(row)
    assert (row.registered_by, row.party_b) == (cast.officer, "property")
    told = OutboxMessage.objects.get()
    assert (told.audience["community"], told.audience["roles"]) == (cast.c1.pk, [Role.COMMUNITY])
    assert SUMMARY not in told.title


def test_a_grid_leader_registers_in_their_grid_without_choosing_a_community(cast, sign_in):
    client = sign_in(cast.leader)
    form = client.get(f"{LIST}new/").context["form"]
    assert form.fields["community"].widget.is_hidden
    assert form.initial["grid"] == cast.g1
    data = given(cast, grid=cast.building.code, community="")
    assert client.post(f"{LIST}new/", data).status_code == 302
    assert Mediation.objects.get().grid == cast.building
    assert client.post(f"{LIST}new/", {**data, "grid": cast.g2.code}).status_code == 422
    assert client.post(f"{LIST}new/", {**data, "grid": ""}).status_code == 422


@pytest.mark.parametrize("text", ["联系 13812345678", "身份证 11010519491231002X", "电话 0937-2612345"])
def test_numbers_of_persons_are_flagged(cast, sign_in, text):
    client = sign_in(cast.secretary)
    answer = client.post(f"{LIST}new/", given(cast, summary=text))
    assert answer.status_code == 422
    assert "疑似含" in answer.content.decode()
    api = client.post(
        "/api/v1/mediations/", json.dumps(given(cast, summary=text, grid=None)), content_type="application/json"
    )
    assert api.status_code == 400
    assert "summary" in api.json()["errors"]
    assert not Mediation.objects.exists()


def test_no_column_could_hold_a_name_or_a_number_of_a_party():
    """Texts are the summary and what was said, which are flagged; every other text is one of a list of choices."""
    free = {
        f"{model.__name__}.{field.name}"
        for model in (Mediation, MediationSession, MediationEvent, Mediator, MediationIssue)
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField)) and not field.choices
    }
    assert free == {
        "Mediation.number",
        "Mediation.summary",
        "Mediation.told_light",
        "MediationSession.said",
        "MediationSession.next_step",
        "MediationEvent.action",
        "MediationEvent.from_status",
        "MediationEvent.to_status",
        "MediationEvent.note",
    }
    people = {
        f"{model.__name__}.{field.name}"
        for model in (Mediation, MediationSession, MediationEvent, Mediator, MediationIssue)
        for field in model._meta.concrete_fields
        if field.related_model and field.related_model.__name__ in ("User", "GridPost")
    }
    assert people == {  # staff alone
        *("Mediation.registered_by", "MediationSession.by", "MediationEvent.actor", "Mediator.post"),
        "MediationIssue.by",
    }


def test_a_party_is_of_a_kind_and_never_a_text(cast, sign_in):
    answer = sign_in(cast.secretary).post(f"{LIST}new/", given(cast, party_a="张三"))
    assert answer.status_code == 422
    assert not Mediation.objects.exists()


def test_an_ended_dispute_is_corrected_no_more(cast, sign_in):
    row = dispute(cast.secretary, cast.g1)
    client = sign_in(cast.secretary)
    edit = f"{page(row)}edit/"
    data = {"kind": kind().code, "party_a": "owners", "party_b": "property", "party_c": "", "summary": "改了"}
    assert client.post(edit, {**data, "version": 1}).status_code == 302
    assert Mediation.objects.get().party_a == "owners"
    take(row, cast.secretary, "withdraw")
    assert client.get(edit).status_code == 403
    assert sign_in(cast.area_leader).get(edit).status_code == 403


# --- scope ----------------------------------------------------------------------------------------


def test_scope_on_every_surface(cast, sign_in):
    row = ended(cast.secretary, cast.g1, summary="绝密甲的纠纷")
    addresses = [
        page(row),
        f"{page(row)}documents/record/",
        f"{page(row)}documents/record/docx/",
        f"/api/v1/mediations/{row.number}/",
    ]
    for user in (cast.secretary, cast.officer, cast.district, cast.leader, cast.area_leader):
        for address in addresses:
            assert sign_in(user).get(address).status_code == 200, (user, address)
    for user in (cast.sibling, cast.other_officer, cast.sibling_leader):
        client = sign_in(user)
        for address in addresses:
            assert client.get(address).status_code == 404, (user, address)
        assert post(client, row, "archive").status_code == 404
        for address in (LIST, f"{LIST}export/?format=csv", "/api/v1/mediations/", f"{LIST}?q=绝密"):
            answer = client.get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert "绝密甲" not in body.decode()
    for user in (cast.department, cast.liaison, cast.auditor, cast.security, cast.system, cast.nobody):
        for address in (*addresses, LIST, "/api/v1/mediations/"):
            assert sign_in(user).get(address).status_code in (403, 404)
    assert post(sign_in(cast.area_leader), row, "archive").status_code == 403


# --- issues ------------------------------------------------------------------------------------


def test_an_issue_is_given_to_mediation_and_goes_on(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter, "楼道堆物，张三与李四争吵")
    client = sign_in(cast.secretary)
    data = {"dispute_kind": kind().code, "party_a": "resident", "party_b": "resident", "note": ""}
    sent = {"version": issue.version, **data}
    assert client.post(f"/issues/{issue.number}/to_mediation/", sent).status_code == 302
    row = Mediation.objects.get()
    assert (row.grid, row.community) == (cast.compound, cast.c1)
    assert "张三" not in row.summary
    assert issue.number in row.summary
    before = issue.status
    issue.refresh_from_db()
    assert issue.status == before
    assert row.number in client.get(f"/issues/{issue.number}/").content.decode()
    assert issue.number in client.get(page(row)).content.decode()
    assert MediationIssue.objects.get().how == "from_issue"
    again = client.post(f"/issues/{issue.number}/to_mediation/", {**sent, "version": issue.version})
    assert again.status_code == 422
    assert f"{row.number} 尚未结束" in again.content.decode()
    take(row, cast.secretary, "withdraw")
    sent["version"] = Issue.objects.get().version
    assert client.post(f"/issues/{issue.number}/to_mediation/", sent).status_code == 302
    assert Mediation.objects.count() == 2


def test_only_keepers_who_register_disputes_give_an_issue_to_mediation(cast):
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter)
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    for user, may in (
        (cast.secretary, True),
        (cast.officer, True),
        (cast.department, False),
        (cast.area_leader, False),
    ):
        assert ("to_mediation" in {t.action for t in WORKFLOW.available(issue, user)}) is may


def test_a_dispute_becomes_an_issue_and_is_linked_with_one(cast, sign_in):
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept")
    client = sign_in(cast.secretary)
    answer = post(client, row, "to_issue", category=cast.lamp.code, description="楼前路灯不亮引起争执")
    assert answer.status_code == 302
    issue = Issue.objects.get()
    assert (issue.grid, issue.category) == (cast.g1, cast.lamp)
    other = make.make_issue(cast.secretary, cast.g1, cast.litter)
    foreign = make.make_issue(cast.sibling, cast.g2, cast.litter)
    assert post(client, row, "link", issue=other.number.lower()).status_code == 302
    refused = post(client, row, "link", issue=foreign.number)
    assert refused.status_code == 422
    assert "没有这个编号的事件" in refused.content.decode()
    assert "已经关联" in post(client, row, "link", issue=other.number).content.decode()
    assert {link.issue.number: link.how for link in row.issue_links.all()} == {
        issue.number: "to_issue",
        other.number: "linked",
    }


def test_whoever_may_not_see_the_other_side_is_not_told_of_it(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter)
    data = {"dispute_kind": kind().pk and kind().code, "party_a": "resident", "party_b": "resident"}
    WORKFLOW.apply(issue, "to_mediation", by=cast.secretary, inputs=data)
    issue.refresh_from_db()
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    body = sign_in(cast.department).get(f"/issues/{issue.number}/").content.decode()
    assert Mediation.objects.get().number not in body


def test_an_open_dispute_moves_with_its_grid_and_an_ended_one_stays(cast):
    running, over = dispute(cast.secretary, cast.compound), ended(cast.secretary, cast.compound)
    transfer(cast.g1, community=cast.c2, by=cast.officer)
    running.refresh_from_db()
    over.refresh_from_db()
    assert running.community == cast.c2
    assert running.events.last().action == "move"
    assert over.community == cast.c1


# --- the clock ------------------------------------------------------------------------------------


def test_what_has_passed_its_limit_is_told_once(cast):
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept")
    take(dispute(cast.secretary, cast.g1), cast.secretary, "accept", "withdraw")
    OutboxMessage.objects.all().delete()
    later = row.due_at + timedelta(minutes=1)
    assert [site["mediations"].due.sweep(Mediation, later), site["mediations"].due.sweep(Mediation, later)] == [1, 0]
    assert "调处已超期" in OutboxMessage.objects.get().title
    assert site["mediations"].due.sweep(Mediation, row.due_at - timedelta(days=1)) == 0


# --- figures and lists ----------------------------------------------------------------------------


def test_the_success_rate_counts_what_the_list_shows(cast, sign_in):
    for action, number in (("succeed", 6), ("fail", 2), ("withdraw", 1), ("transfer", 1)):
        for _one in range(number):
            ended(cast.secretary, cast.g1, action)
    take(ended(cast.secretary, cast.compound), cast.secretary, "archive")
    dispute(cast.secretary, cast.g1)
    ended(cast.sibling, cast.g2, "fail")
    rate = next(figure for figure in row_figures() if figure.code == "mediation_success_rate")
    days = (timezone.localdate() - timedelta(days=30), timezone.localdate())

    def counts(user, place=None):
        return [rate.rows(side, user, place or {}, days).count() for side in rate.sides]

    assert counts(cast.secretary) == [7, 9]
    assert counts(cast.district) == [7, 10]
    assert counts(cast.district, {"community": [cast.c2.pk]}) == [0, 1]
    client = sign_in(cast.secretary)
    shown = client.get(rate.page({}, days))
    assert "共 7 条" in shown.content.decode()
    answer = client.get(f"/api/v1/{rate.endpoint({}, days)}")
    assert len(answer.json()["results"]) == 7
    past = (days[0] - timedelta(days=60), days[0] - timedelta(days=1))
    assert rate.rows(rate.numerator, cast.secretary, {}, past).count() == 0


def test_lists_ask_as_many_questions_for_100_rows_as_for_10(cast, sign_in):
    client = sign_in(cast.secretary)
    asked = {}
    for count in (10, 90):
        for _one in range(count):
            dispute(cast.secretary, cast.building)
        for address in (LIST, "/api/v1/mediations/?page_size=100"):
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(address).status_code == 200
            asked.setdefault(address, set()).add(len(queries))
    assert all(len(numbers) == 1 for numbers in asked.values()), asked


def test_a_page_asks_as_many_questions_for_many_talks(cast, sign_in):
    client = sign_in(cast.secretary)
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept")
    client.get(page(row))  # what each process keeps of small tables is read once
    asked = set()
    for _round in range(2):
        take(row, cast.secretary, *["session"] * 5)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(row)).status_code == 200
        asked.add(len(queries))
    assert len(asked) == 1


# --- REST -----------------------------------------------------------------------------------------


def test_programs_read_the_light_by_its_old_name_too(cast, sign_in):
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept")
    client = sign_in(cast.secretary)
    one = client.get(f"/api/v1/mediations/{row.number}/").json()
    (listed,) = client.get("/api/v1/mediations/").json()["results"]
    assert {answer[key] for answer in (one, listed) for key in ("light", "clock")} == {"● 正常"}
    assert client.get("/api/v1/mediations/?running=true&overdue=false").json()["results"]


def test_programs_register_and_mediate(cast, sign_in):
    client = sign_in(cast.secretary)

    def send(address, **data):
        return client.post(address, json.dumps(data), content_type="application/json")

    answer = send("/api/v1/mediations/", **given(cast, grid=None))
    assert answer.status_code == 201
    row = answer.json()
    assert (row["status"], row["version"]) == ("registered", 1)
    assert row["available_actions"][0]["action"] == "accept"
    acts = f"/api/v1/mediations/{row['number']}/actions/"
    answer = send(f"{acts}accept/", version=1, roles=["mediator"])
    assert (answer.status_code, answer.json()["mediators"]) == (200, ["人民调解员"])
    assert send(f"{acts}accept/", version=1).status_code == 409
    today = str(timezone.localdate())
    answer = send(f"{acts}session/", held_on=today, said="谈了一次", roles=["mediator"])
    assert answer.json()["sessions"] == [
        {"held_on": today, "said": "谈了一次", "next_step": "", "mediators": ["人民调解员"]}
    ]
    answer = send(f"{acts}succeed/", agreement=True, note="达成协议")
    assert (answer.json()["status"], answer.json()["agreement"]) == ("succeeded", True)
    assert send(f"{acts}fail/", note="x").status_code == 409
    assert send(f"{acts}nonsense/").status_code == 404
    assert [event["sentence"] for event in answer.json()["events"]] == ["登记", "受理", "调解", "调解成功"]

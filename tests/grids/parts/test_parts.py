"""吹哨报到 and 拆分: wholes and their parts."""

import pytest
from django.core.exceptions import ValidationError

from grids.issues.family import family_of
from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from grids.page.wording import timeline
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make


def actions(issue, user):
    return [transition.action for transition in WORKFLOW.available(Issue.objects.get(pk=issue.pk), user)]


def whistle(cast, *organisations, **inputs):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    keys = [organisation.pk for organisation in organisations or (cast.law, cast.water, cast.unit_org)]
    return WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs={"organisations": keys, "note": "到场", **inputs})


def parts_of(issue):
    return list(Issue.objects.filter(parent=issue).order_by("id"))


def test_each_called_organisation_gets_a_part_of_its_own(cast):
    whole = whistle(cast)
    parts = parts_of(whole)
    assert (whole.status, whole.holder, whole.open_parts) == (Status.HANDLING, "parts", 3)
    assert [part.number for part in parts] == [f"{whole.number}-{n}" for n in (1, 2, 3)]
    assert {part.organisation for part in parts} == {cast.law, cast.water, cast.unit_org}
    assert {(part.status, part.due_at) for part in parts} == {(Status.DISPATCHED, whole.due_at)}
    assert "report_in" in actions(parts[0], cast.department)
    assert "start" not in actions(parts[0], cast.department)
    assert actions(parts[1], cast.department) == []
    told = OutboxMessage.objects.filter(title__contains="吹哨，请报到")
    assert {message.audience.get("organisation") for message in told} == {cast.law.pk, cast.water.pk, cast.unit_org.pk}


@pytest.mark.parametrize("key", [2**63, 2**64 - 1, "9" * 19, "9" * 5000])
def test_a_key_that_no_database_holds_is_no_organisation(cast, sign_in, key):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    address = f"/api/v1/issues/{issue.pk}/actions/whistle/"
    inputs = {"organisations": [key, cast.law.code], "note": "到场"}
    answer = sign_in(cast.officer).post(address, inputs, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["organisations"])
    page = {"organisations": [str(key)], "note": "到场", "version": issue.version}
    assert sign_in(cast.officer).post(f"{issue.get_absolute_url()}whistle/", page).status_code == 422


def test_a_limit_of_its_own_may_be_set(cast):
    whole = whistle(cast, days="1")
    assert {part.due_at < whole.due_at for part in parts_of(whole)} == {True}


def test_a_part_cannot_have_longer_than_the_whole(cast):
    with pytest.raises(ValidationError, match="晚于本件的办理期限"):
        whistle(cast, days="30")
    assert not Issue.objects.exclude(parent=None).exists()


def test_the_whole_says_once_what_all_were_asked(cast):
    whole = whistle(cast)
    steps = timeline(family_of(whole, cast.officer))
    assert [step.note for step in steps if step.note] == ["到场"]
    (called,) = [step for step in timeline(family_of(parts_of(whole)[0], cast.department)) if "报到" in step.sentence]
    assert called.note == "到场", "who was called reads it on the own page"


def test_the_whole_goes_on_when_all_have_answered(cast):
    whole = whistle(cast, cast.law, cast.water)
    first, second = parts_of(whole)
    first = WORKFLOW.apply(first, "report_in", by=cast.department)
    WORKFLOW.apply(first, "answer", by=cast.department, inputs={"note": "已清理"})
    whole.refresh_from_db()
    assert (whole.status, whole.open_parts) == (Status.HANDLING, 1)
    assert "answer" not in actions(whole, cast.officer)
    WORKFLOW.apply(second, "answer", by=cast.other_department, inputs={"note": "已修复"})
    whole.refresh_from_db()
    assert (whole.status, whole.holder, whole.open_parts) == (Status.ANSWERED, "community", 0)
    closed = WORKFLOW.apply(whole, "close", by=cast.secretary)
    assert closed.status == Status.CLOSED
    assert {part.status for part in parts_of(whole)} == {Status.CLOSED}


def test_a_part_sent_back_takes_the_whole_back(cast):
    whole = whistle(cast, cast.law, cast.water)
    for part, user in zip(parts_of(whole), (cast.department, cast.other_department), strict=True):
        WORKFLOW.apply(part, "answer", by=user, inputs={"note": "好了"})
    WORKFLOW.apply(parts_of(whole)[0], "redo", by=cast.secretary, inputs={"note": "没好"})
    whole.refresh_from_db()
    assert (whole.status, whole.holder, whole.open_parts) == (Status.HANDLING, "parts", 1)


def test_taking_the_parts_back_ends_them(cast):
    whole = whistle(cast, cast.law, cast.water)
    first, _second = parts_of(whole)
    WORKFLOW.apply(first, "answer", by=cast.department, inputs={"note": "好了"})
    whole = WORKFLOW.apply(whole, "rejoin", by=cast.officer, inputs={"note": "不用了"})
    assert (whole.status, whole.holder, whole.open_parts) == (Status.ACCEPTED, "community", 0)
    assert [part.status for part in parts_of(whole)] == [Status.CLOSED, Status.VOID]


def test_the_whole_is_arranged_anew_when_all_parts_were_dropped(cast):
    whole = whistle(cast, cast.law)
    part = WORKFLOW.apply(parts_of(whole)[0], "return", by=cast.department, inputs={"note": "不归我们管"})
    WORKFLOW.apply(part, "void", by=cast.officer, inputs={"note": "找错单位"})
    whole.refresh_from_db()
    assert (whole.status, whole.holder) == (Status.ACCEPTED, "community")
    again = WORKFLOW.apply(
        whole, "whistle", by=cast.officer, inputs={"organisations": [cast.water.pk], "note": "请到场"}
    )
    assert parts_of(again)[-1].number == f"{whole.number}-2"


def test_the_community_does_not_whistle(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    assert "whistle" not in actions(issue, cast.secretary)
    inputs = {"organisations": [cast.unit_org.pk], "note": "x"}
    with pytest.raises(ActionForbidden):
        WORKFLOW.apply(issue, "whistle", by=cast.secretary, inputs=inputs)


def test_an_issue_of_several_matters_is_taken_apart_and_closes_with_its_parts(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp, "路灯不亮，还有垃圾")
    whole = WORKFLOW.apply(issue, "split", by=cast.secretary, inputs={"parts": "路灯不亮\n\n垃圾堆积 "})
    parts = parts_of(whole)
    assert [part.description for part in parts] == ["路灯不亮", "垃圾堆积"]
    assert {(part.status, part.holder) for part in parts} == {(Status.ACCEPTED, "community")}
    for part in parts:
        part = WORKFLOW.apply(part, "take", by=cast.secretary)
        part = WORKFLOW.apply(part, "answer", by=cast.secretary, inputs={"note": "好了"})
        whole.refresh_from_db()
        assert whole.status == Status.HANDLING
        WORKFLOW.apply(part, "close", by=cast.secretary)
    whole.refresh_from_db()
    assert (whole.status, whole.closed_level, whole.open_parts) == (Status.CLOSED, "community", 0)
    WORKFLOW.apply(parts_of(whole)[0], "reopen", by=cast.secretary, inputs={"note": "又坏了"})
    whole.refresh_from_db()
    assert (whole.status, whole.closed_at, whole.open_parts) == (Status.HANDLING, None, 1)


@pytest.mark.parametrize("parts", ["只有一件", "\n".join("件" * 3 for _ in range(10)), "一\n" + "长" * 501])
def test_a_split_that_makes_no_sense_is_refused(cast, parts):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with pytest.raises(ValidationError) as caught:
        WORKFLOW.apply(issue, "split", by=cast.secretary, inputs={"parts": parts})
    assert "parts" in caught.value.message_dict


def test_parts_are_not_divided_again(cast):
    part = parts_of(whistle(cast, cast.law))[0]
    part = WORKFLOW.apply(part, "return", by=cast.department, inputs={"note": "不归我们"})
    for action in ("whistle", "split", "merge"):
        assert action not in actions(part, cast.officer)
    with pytest.raises(ActionNotPossible):
        WORKFLOW.apply(part, "split", by=cast.officer, inputs={"parts": "一\n二"})


def test_a_whole_with_open_parts_waits_for_nobody_but_them(cast):
    whole = whistle(cast)
    rows = Issue.objects.visible_to(cast.secretary)
    assert whole not in rows.in_hand_of(cast.secretary.scope_for())
    assert whole not in rows.in_hand_of(cast.officer.scope_for())


def test_the_page_tells_of_the_parts_and_each_part_of_its_whole(cast, sign_in):
    whole = whistle(cast, cast.law, cast.water)
    part = parts_of(whole)[0]
    WORKFLOW.apply(part, "answer", by=cast.department, inputs={"note": "护栏已装好"})
    page = sign_in(cast.secretary).get(whole.get_absolute_url()).content.decode()
    for text in (part.number, "城管执法队", "供排水公司", "护栏已装好", "吹哨召集单位"):
        assert text in page
    own = sign_in(cast.department).get(part.get_absolute_url()).content.decode()
    assert whole.number in own
    assert f'href="/issues/{whole.number}/"' not in own, "the whole is not theirs"
    assert sign_in(cast.department).get(whole.get_absolute_url()).status_code == 404
    assert sign_in(cast.other_department).get(part.get_absolute_url()).status_code == 404


def test_the_api_names_letters_to_the_organisation_that_they_ask_alone(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    issue = WORKFLOW.apply(issue, "supervise", by=cast.district, inputs={"note": "催办"})
    issue = WORKFLOW.apply(issue, "redirect", by=cast.officer, inputs={"organisation": cast.water.pk, "note": "改派"})

    def letters(user):
        return sign_in(user).get(f"/api/v1/issues/{issue.pk}/").json()["supervisions"]

    assert letters(cast.secretary) == [issue.supervisions.get().number]
    assert letters(cast.other_department) == []


def test_the_api_answers_parts_and_joins_the_timelines(cast, sign_in):
    whole = whistle(cast, cast.law)
    answer = sign_in(cast.secretary).get(f"/api/v1/issues/{whole.number}/").json()
    assert [part["number"] for part in answer["parts"]] == [f"{whole.number}-1"]
    assert [(step["issue"], step["action"]) for step in answer["events"]][-1] == (f"{whole.number}-1", "call")
    part = sign_in(cast.department).get(f"/api/v1/issues/{whole.number}-1/").json()
    assert (part["parent"], part["division"]) == (whole.number, "whistle")

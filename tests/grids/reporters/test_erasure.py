"""Contacts are erased some months after closure, with their traces: in notes, letters, the trail, the search."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from dateutil.relativedelta import relativedelta
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from django.test import override_settings
from django.utils import timezone

from grids.issues.models import Issue, IssueEvent
from grids.issues.workflow import WORKFLOW
from grids.reporters import erasure
from grids.reporters.models import Contact, ErasureRun, ReporterContact
from grids.reporters.services import remove_contact, reveal_contact
from grids.reporters.tasks import erase_contacts
from grids.supervision.models import Supervision
from suzhou_portal.accounts.tasks import rotate_data_keys
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import ERASED
from suzhou_portal.lib.rows import sealed
from suzhou_portal.lib.rows.crypto import new_key, parse_keys
from suzhou_portal.rules.models import Parameter
from tests import factories as make
from tests.grids.issues.test_concurrency import at_once
from tests.grids.reporters.test_contacts import everything_stored

pytestmark = pytest.mark.dialect
NAME, PHONE = "欧阳询问", "13800001234"
OTHER = "13900005678"  # somebody else's number that got into a text
TOLD = {"not_personal": True}


def later(months=6, days=1):
    """A moment at which what ended now is due."""
    return timezone.now() + relativedelta(months=months, days=days)


def reported(cast, words="路灯不亮", contact=Contact(NAME, PHONE), **fields):  # noqa: B008 -- never changed
    return make.make_issue(cast.secretary, cast.compound, cast.lamp, words, contact=contact, **fields)


def closed(cast, issue, note="好了"):
    """``issue`` taken, answered and closed, its notes full of what should not stand there."""
    for action, inputs in (("take", {}), ("answer", {"note": note, **TOLD}), ("close", {})):
        issue = WORKFLOW.apply(issue, action, by=cast.secretary, inputs=inputs)
    return issue


@pytest.fixture
def issue(cast):
    """A closed issue whose contact got into description, address, notes, a letter, its reply, and a reason."""
    issue = reported(cast, f"{NAME}家门口路灯不亮", address=f"电话{PHONE}")
    issue = WORKFLOW.apply(issue, "supervise", by=cast.district, inputs={"note": f"{NAME}两次来电", "demand": "速办"})
    reply = {"note": f"已回复{NAME}，另联系{OTHER}", **TOLD}
    issue = WORKFLOW.apply(issue, "reply", by=cast.secretary, inputs=reply)
    reveal_contact(issue, by=cast.secretary, reason=f"回访核实：打{NAME} 138-0000-1234")
    return closed(cast, issue, f"{NAME}（0937-2612345）满意，身份证11010519491231002X")


def test_nothing_personal_is_left_and_everything_else_is(cast, issue):
    before = everything_stored()
    assert NAME in before
    assert PHONE in before
    run = erasure.erase_due(later())
    stored = everything_stored()
    for gone in (NAME, PHONE, "138-0000-1234", OTHER, "2612345", "11010519491231002X"):
        assert gone not in stored, gone
    issue.refresh_from_db()
    assert issue.description == f"{ERASED}家门口路灯不亮"
    assert issue.address == f"电话{ERASED}"
    assert issue.events.get(action="answer").note == f"{ERASED}（{ERASED}）满意，身份证{ERASED}"
    letter = Supervision.objects.get()
    assert (letter.reason, letter.demand) == (f"{ERASED}两次来电", "速办")
    assert letter.reply == f"已回复{ERASED}，另联系{ERASED}"
    assert AuditEntry.objects.get(action="contact.reveal").reason == f"回访核实：打{ERASED} {ERASED}"
    assert AuditEntry.objects.get(action="issue.report").changes["description"] == [None, f"{ERASED}家门口路灯不亮"]
    row = ReporterContact.objects.get()
    assert (row.name, row.phone) == ("", "")
    assert row.erased_at is not None
    assert (run.issues, run.contacts, run.failed) == (1, 1, 0)
    assert run.texts >= 7
    assert run.finished_at is not None


def test_the_search_finds_the_name_no_more_and_the_issue_still(cast, issue):
    assert list(Issue.objects.matching(NAME)) == [issue]
    erasure.erase_due(later())
    assert not Issue.objects.matching(NAME).exists()
    assert not Issue.objects.matching(NAME[:2]).exists()
    assert not Issue.objects.matching(PHONE).exists()
    assert list(Issue.objects.matching("门口路灯")) == [issue]


def test_a_run_is_on_record_with_counts_and_numbers_and_no_contents(cast, issue):
    erasure.erase_due(later())
    summary = AuditEntry.objects.get(action="erasure.run")
    assert summary.actor is None
    assert (summary.changes["contacts"], summary.changes["numbers"]) == (1, [issue.number])
    each = AuditEntry.objects.get(action="contact.erase")
    assert (each.object_label, each.changes["contacts"]) == (issue.number, 1)
    assert NAME not in f"{summary.changes}{each.changes}"


def test_a_second_run_finds_nothing(cast, issue):
    erasure.erase_due(later())
    stored = [list(model.objects.order_by("pk").values()) for model in (Issue, IssueEvent, Supervision)]
    run = erasure.erase_due(later(months=9))
    assert (run.issues, run.contacts, run.texts) == (0, 0, 0)
    assert [list(model.objects.order_by("pk").values()) for model in (Issue, IssueEvent, Supervision)] == stored


def at(day, time="10:00"):
    """The moment at which the clock on the wall says so, as ``timezone.now()`` has it."""
    return timezone.make_aware(datetime.fromisoformat(f"{day}T{time}")).astimezone(UTC)


@pytest.mark.parametrize(
    ("closed_at", "months", "until"),
    [
        (at("2026-03-17"), 6, at("2026-09-17")),
        (at("2026-03-17"), 2, at("2026-05-17")),
        # Still in the last year, and the last month, in Greenwich.
        (at("2027-01-01", "00:20"), 2, at("2027-03-01", "00:20")),
        (at("2026-10-01", "07:59"), 6, at("2027-04-01", "07:59")),
        (at("2026-10-31", "23:50"), 6, at("2027-05-01", "00:00")),
        # The last days of a month wait for the end of one that is shorter, and no longer.
        (at("2026-12-29"), 2, at("2027-03-01", "00:00")),
        (at("2026-12-31", "23:50"), 2, at("2027-03-01", "00:00")),
        (at("2028-02-29", "23:50"), 6, at("2028-08-29", "23:50")),
        (at("2028-02-29", "23:50"), 12, at("2029-03-01", "00:00")),
    ],
)
def test_it_waits_for_so_many_calendar_months(cast, issue, closed_at, months, until):
    rule_of(months)
    Issue.objects.filter(pk=issue.pk).update(closed_at=closed_at)
    assert erasure.erase_due(until - timedelta(seconds=1)).contacts == 0
    assert erasure.erase_due(until + timedelta(seconds=1)).contacts == 1


def rule_of(months):
    """Let the district's parameter say ``months``."""
    Parameter.objects.filter(code="grids.contact_months").delete()
    Parameter(code="grids.contact_months", value=months).save()


def test_what_is_due_stays_due_on_days_that_the_month_then_did_not_have(cast, issue):
    Issue.objects.filter(pk=issue.pk).update(closed_at=at("2026-02-28"))
    rule_of(1)
    days = ("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01")
    due = [bool(erasure.due_by_community(erasure.cutoff(at(day, "10:01")))) for day in days]
    assert due == [False, True, True, True, True, True]
    assert bool(erasure.due_by_community(erasure.cutoff(at("2026-03-29", "00:20"))))


def test_the_months_are_a_parameter_with_the_platforms_default(cast, sign_in):
    text = sign_in(cast.system).get("/rules/parameters/grids.contact_months/").content.decode()
    assert "平台默认值" in text
    assert "办结后保存反映人联系方式" in text


def test_open_and_reopened_issues_are_left_alone(cast, issue):
    open_one = reported(cast, f"{NAME}家漏水")
    WORKFLOW.apply(issue, "reopen", by=cast.secretary, inputs={"note": "又不亮了"})
    assert erasure.erase_due(later()).contacts == 0
    for row in (issue, open_one):
        row.refresh_from_db()
        assert NAME in row.description


def test_a_reopened_issue_counts_from_its_second_closure(cast, issue):
    WORKFLOW.apply(issue, "reopen", by=cast.secretary, inputs={"note": "又不亮了"})
    issue.refresh_from_db()
    closed(cast, issue)
    Issue.objects.filter(pk=issue.pk).update(closed_at=timezone.now() + timedelta(days=60))
    assert erasure.erase_due(later()).contacts == 0
    assert erasure.erase_due(later(months=9)).contacts == 1


def test_a_void_issue_counts_from_its_last_step(cast):
    issue = reported(cast, f"{NAME}误报")
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    assert erasure.erase_due(timezone.now() + timedelta(days=30)).contacts == 0
    assert erasure.erase_due(later()).contacts == 1
    issue.refresh_from_db()
    assert issue.description == f"{ERASED}误报"


def test_duplicates_follow_the_main_issue(cast):
    main = reported(cast, f"{NAME}说路灯不亮")
    copy = reported(cast, f"李四光说{NAME}家路灯不亮", Contact("李四光", OTHER))
    WORKFLOW.apply(copy, "merge", by=cast.secretary, inputs={"into": main.number})
    assert erasure.erase_due(later()).contacts == 0  # the main issue is still open
    closed(cast, main, "已告知李四光")
    run = erasure.erase_due(later())
    assert (run.issues, run.contacts) == (2, 2)
    copy.refresh_from_db()
    assert copy.description == f"{ERASED}说{ERASED}家路灯不亮"
    assert main.events.get(action="answer").note == f"已告知{ERASED}"


def test_parts_follow_the_whole(cast):
    whole = reported(cast, f"{NAME}反映路灯和积水")
    lines = {"parts": f"{NAME}家门口路灯\n门口积水"}
    WORKFLOW.apply(whole, "split", by=cast.secretary, inputs=lines)
    for part in whole.parts.order_by("pk"):
        assert erasure.erase_due(later()).contacts == 0
        closed(cast, part)
    assert erasure.erase_due(later()).contacts == 1
    assert whole.parts.order_by("pk").first().description == f"{ERASED}家门口路灯"
    assert NAME not in everything_stored()


def test_issues_without_a_contact_keep_their_words(cast):
    issue = reported(cast, f"物业电话 {OTHER}", Contact())
    closed(cast, issue)
    erasure.erase_due(later())
    issue.refresh_from_db()
    assert issue.description == f"物业电话 {OTHER}"


def test_a_contact_removed_before_is_not_erased_again(cast, issue):
    remove_contact(issue, by=cast.secretary)
    assert erasure.erase_due(later()).contacts == 0


def test_a_form_opened_before_the_erasure_does_not_bring_the_text_back(cast, issue):
    version = issue.version
    erasure.erase_due(later())
    issue.refresh_from_db()
    assert issue.version > version


def test_batches_leave_nothing_out(cast):
    for _ in range(7):
        closed(cast, reported(cast))
    assert erasure.erase_due(later(), batch=2).contacts == 7


def test_a_missing_key_erases_nothing_and_stops_nobody_else(cast):
    lost = closed(cast, reported(cast, f"{NAME}家"))
    fresh = parse_keys(new_key("fresh"))
    with override_settings(DATA_KEYS=fresh):
        closed(cast, reported(cast, "李四光家", Contact("李四光", OTHER)))
        run = erasure.erase_due(later())
    assert (run.contacts, run.failed) == (1, 1)
    lost.refresh_from_db()
    assert NAME in lost.description
    assert ReporterContact.objects.get(issue=lost).read().phone == PHONE


def test_two_workers_erase_each_issue_once(live_cast, on_postgresql):
    for _ in range(6):
        closed(live_cast, reported(live_cast, f"{NAME}家"))
    now = later()
    runs = at_once(lambda: erasure.erase_due(now), lambda: erasure.erase_due(now))
    assert [run for run in runs if isinstance(run, Exception)] == []
    assert sum(run.contacts for run in runs) == 6
    assert AuditEntry.objects.filter(action="contact.erase").count() == 6
    assert NAME not in everything_stored()


# --- files ------------------------------------------------------------------------------------


def attached(cast, issue, name, **fields):
    return make.make_attachment(issue, cast.secretary, name, **fields)


def test_personal_files_go_and_others_keep_their_place_without_the_name(cast):
    issue = reported(cast)
    personal = attached(cast, issue, "证明.jpg", has_personal=True)
    plain = attached(cast, issue, f"{NAME}家门口.jpg")
    closed(cast, issue)
    run = erasure.erase_due(later())
    assert (run.contacts, run.files) == (1, 1)
    personal.refresh_from_db()
    plain.refresh_from_db()
    assert personal.erased_at is not None
    assert (plain.erased_at, plain.name) == (None, f"{ERASED}家门口.jpg")


def test_an_issue_without_a_contact_loses_its_personal_files_too(cast):
    issue = reported(cast, f"物业 {OTHER}", Contact())
    part_of_it = reported(cast, "重复", Contact())
    file = attached(cast, part_of_it, "身份证.jpg", has_personal=True)
    WORKFLOW.apply(part_of_it, "merge", by=cast.secretary, inputs={"into": issue.number})
    assert erasure.erase_due(later()).files == 0
    closed(cast, issue)
    assert erasure.due_by_community(erasure.cutoff(later())) == [
        {"street": cast.s1.name, "community": cast.c1.name, "issues": 1, "contacts": 0, "files": 1}
    ]
    assert erasure.erase_due(later()).files == 1
    file.refresh_from_db()
    assert file.erased_at is not None
    assert erasure.erase_due(later()).issues == 0


def test_counts_go_by_the_community_of_the_main_issue(cast):
    for place in (cast.c1, cast.c1, cast.c2):
        issue = make.make_issue(cast.officer, place, cast.lamp, contact=Contact(NAME, PHONE))
        for name in ("1.jpg", "2.jpg"):
            make.make_attachment(issue, cast.officer, name, has_personal=True)
        for action, inputs in (("take", {}), ("answer", {"note": "好了"}), ("close", {})):
            WORKFLOW.apply(issue, action, by=cast.officer, inputs=inputs)
    counted = [
        (row["community"], row["issues"], row["contacts"], row["files"]) for row in erasure.due_by_community(later(0))
    ]
    assert counted == [(cast.c1.name, 2, 2, 4), (cast.c2.name, 1, 1, 2)]


# --- command, job, page -----------------------------------------------------------------------


def aged(issue, months=7):
    """``issue`` closed long ago."""
    Issue.objects.filter(pk=issue.pk).update(closed_at=timezone.now() - relativedelta(months=months))


def run_command(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_dry_run_tells_counts_per_community_and_erases_nothing(cast, issue):
    aged(issue)
    before = everything_stored()
    told = run_command("erase_contacts", "--dry-run")
    assert f"{cast.s1.name} {cast.c1.name}：1 件，联系方式 1 条，附件 0 个" in told
    assert "试运行" in told
    assert NAME not in told
    assert everything_stored() == before


def test_the_command_erases(cast, issue):
    aged(issue)
    assert "已清除 1 条联系方式" in run_command("erase_contacts")
    assert ReporterContact.objects.get().erased_at is not None
    assert AuditEntry.objects.get(action="erasure.run").source == "command"


def test_the_command_says_when_a_key_is_missing(cast, issue):
    aged(issue)
    with override_settings(DATA_KEYS=parse_keys(new_key("other"))), pytest.raises(CommandError, match="缺少数据密钥"):
        run_command("erase_contacts")


def test_the_job_erases_on_record_as_a_job(cast, issue):
    aged(issue)
    assert erase_contacts() == 1
    entries = AuditEntry.objects.filter(action__in=["erasure.run", "contact.erase"])
    assert {(entry.source, entry.request_id) for entry in entries} == {("job", entries[0].request_id)}


def test_the_page_shows_counts_and_runs_to_the_administrators_alone(cast, sign_in, issue):
    aged(issue)
    for user in (cast.system, cast.security):
        text = sign_in(user).get("/contacts/erasure/").content.decode()
        assert cast.c1.name in text
        assert "1 件，联系方式 1 条" in text
        assert NAME not in text
        assert issue.number not in text
    for user in (cast.district, cast.officer, cast.secretary, cast.auditor, cast.department, cast.nobody):
        assert sign_in(user).get("/contacts/erasure/").status_code == 403
    erasure.erase_due()
    text = sign_in(cast.system).get("/contacts/erasure/").content.decode()
    assert "没有到期的联系方式" in text
    assert "完成" in text


def test_a_run_that_was_cut_off_is_shown_as_such(cast, sign_in):
    ErasureRun.objects.create(closed_before=timezone.now())
    assert "未完成" in sign_in(cast.system).get("/contacts/erasure/").content.decode()


def test_the_page_keeps_its_queries(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.system)
    counts = []
    for _ in range(2):
        for _ in range(5):
            aged(closed(cast, reported(cast)))
            ErasureRun.objects.create(closed_before=timezone.now())
        with django_assert_max_num_queries(9) as captured:
            client.get("/contacts/erasure/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- every model that hangs on an issue --------------------------------------------------------


def test_every_free_text_that_hangs_on_an_issue_is_declared():
    """A model with a foreign key to an issue and a note of its own must name it ``erasable``."""
    forgotten = []
    for model in apps.get_models():
        hangs = model is Issue or any(
            field.related_model is Issue for field in model._meta.concrete_fields if field.is_relation
        )
        texts = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, models.TextField) and not isinstance(field, sealed.SealedField)
        ]
        if hangs and texts and model._meta.label != "grids.IssueText":  # made anew from the others
            forgotten += [f"{model._meta.label}.{name}" for name in texts if name not in getattr(model, "erasable", ())]
    assert not forgotten


# --- another key -------------------------------------------------------------------------------


@pytest.fixture
def k1():
    return parse_keys(new_key("k1"))


def test_another_key_or_cipher_reencrypts_everything_and_loses_nothing(cast, k1):
    with override_settings(DATA_KEYS=k1, CIPHER="aes"):
        for number in range(5):
            reported(cast, contact=Contact(f"张三{'甲乙丙丁戊'[number]}", PHONE if number % 2 else ""))
        before = [row.read() for row in ReporterContact.objects.order_by("pk")]
    with override_settings(DATA_KEYS={**parse_keys(new_key("k2")), **k1}, CIPHER="sm4"):
        assert "重新加密 5 行" in run_command("rotate_data_keys", "--batch", "2")
        assert all(name.startswith("sm4.k2.") for name in ReporterContact.objects.values_list("name", flat=True))
        assert [row.read() for row in ReporterContact.objects.order_by("pk")] == before
        assert "重新加密 0 行" in run_command("rotate_data_keys")
        entry = AuditEntry.objects.get(action="data_keys.rotate")
        assert (entry.changes["count"], entry.changes["key"]) == (5, "sm4.k2")


def test_a_rotation_goes_on_where_it_was_stopped(cast, k1, monkeypatch):
    with override_settings(DATA_KEYS=k1):
        for _ in range(5):
            reported(cast)
    k2 = parse_keys(new_key("k2"))
    with override_settings(DATA_KEYS={**k2, **k1}):
        one_batch = sealed._rotate_batch

        def stopped(*arguments):
            assert not ReporterContact.objects.filter(phone__startswith="aes.k2.").exists()
            return one_batch(*arguments)

        monkeypatch.setattr(sealed, "_rotate_batch", stopped)
        with pytest.raises(AssertionError):
            sealed.rotate(batch=2)
        monkeypatch.undo()
        assert ReporterContact.objects.filter(phone__startswith="aes.k2.").count() == 2
        assert rotate_data_keys() == 3
    with override_settings(DATA_KEYS=k2):
        assert {row.read().phone for row in ReporterContact.objects.all()} == {PHONE}


def test_rows_of_a_missing_key_are_counted_and_left(cast, k1):
    with override_settings(DATA_KEYS=k1):
        reported(cast)
    with override_settings(DATA_KEYS=parse_keys(new_key("k2"))):
        reported(cast)
        with pytest.raises(CommandError, match="k1 1 行"):
            run_command("rotate_data_keys")
        assert ReporterContact.objects.filter(phone__startswith="aes.k1.").count() == 1


def test_a_value_moved_to_another_row_or_column_does_not_open(cast):
    one, two = reported(cast).contact, reported(cast, contact=Contact("李四光", OTHER)).contact
    for change in ({"phone": two.phone}, {"phone": one.name}):
        ReporterContact.objects.filter(pk=one.pk).update(**change)
        with pytest.raises(sealed.Tampered):
            ReporterContact.objects.get(pk=one.pk).read()


def test_the_database_holds_no_value_beside_a_time_of_erasure(cast):
    row = reported(cast).contact
    with pytest.raises(Exception, match="contact_erased_is_empty"):
        ReporterContact.objects.filter(pk=row.pk).update(erased_at=timezone.now())

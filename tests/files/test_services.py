"""Attaching, removing, erasing: quotas, keys, the trail, and what lies on the disk."""

import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import FileSystemStorage
from django.db import connection, transaction

from grids.issues.files import OWNER
from grids.issues.parameters import ISSUE_FILE_MEGABYTES, ISSUE_FILES
from grids.issues.workflow import WORKFLOW
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.files import preparing, services, storing
from suzhou_portal.files.errors import Refused
from suzhou_portal.files.models import Attachment, Stage
from suzhou_portal.files.owners import register
from suzhou_portal.files.services import Upload, attach, erase, remove
from tests import factories as make
from tests.files import made
from tests.files.test_preparing import set_parameter

pytestmark = pytest.mark.dialect


def entries(action):
    return AuditEntry.objects.filter(action=f"attachment.{action}")


# --- attaching --------------------------------------------------------------------------------


def test_a_photo_is_stored_with_its_thumbnail_under_a_random_name(cast, issue, stored_files):
    attachment = make.make_attachment(issue, cast.secretary, "楼道.jpg", made.telling_jpeg(), stage=Stage.BEFORE)
    assert (attachment.name, attachment.stage, attachment.owner_type, attachment.owner_key) == (
        *("楼道.jpg", "before", "issue"),
        issue.pk,
    )
    assert stored_files() == sorted(attachment.stored_files)
    assert all(storing.OURS.fullmatch(name) for name in stored_files())
    with storing.read(attachment.stored) as file:
        assert len(file.read()) == attachment.size


def test_nobody_else_reads_the_files_on_the_disk(cast, issue, folder):
    attachment = make.make_attachment(issue, cast.secretary)
    assert (folder / attachment.stored).stat().st_mode & 0o777 == 0o600
    assert (folder / attachment.stored).parent.stat().st_mode & 0o777 == 0o700


def test_the_trail_tells_of_it_but_not_its_name(cast, issue):
    attachment = make.make_attachment(issue, cast.secretary, "王某的证件.jpg")
    entry = entries("upload").get()
    assert (entry.actor, entry.object_id) == (cast.secretary, str(attachment.pk))
    assert entry.changes["owner_key"] == [None, issue.pk]
    assert "王某" not in f"{entry.changes} {entry.object_label}"


def test_row_file_and_trail_go_together(cast, issue, stored_files, monkeypatch):
    def full(*args, **kwargs):
        raise RuntimeError("the trail cannot be written")

    monkeypatch.setattr(services.trail, "record", full)
    with pytest.raises(RuntimeError):
        make.make_attachment(issue, cast.secretary)
    assert not Attachment.objects.exists()
    assert stored_files() == []


def test_a_full_disk_leaves_nothing_half_stored(cast, issue, stored_files, monkeypatch):
    save = FileSystemStorage._save

    def fills_up(storage, name, content):
        if "thumb" in name:
            raise OSError("no space left on device")
        return save(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", fills_up)
    with pytest.raises(Refused, match="存储暂时不可用"):
        make.make_attachment(issue, cast.secretary)
    assert stored_files() == []
    assert not Attachment.objects.exists()


def test_a_refused_file_leaves_nothing(cast, issue, stored_files):
    with pytest.raises(Refused):
        make.make_attachment(issue, cast.secretary, "a.jpg", b"<html>")
    assert stored_files() == []
    assert not Attachment.objects.exists()


def test_the_same_upload_twice_is_one_row(cast, issue, stored_files):
    key = uuid.uuid4()
    first = make.make_attachment(issue, cast.secretary, key=key)
    assert make.make_attachment(issue, cast.secretary, key=key) == first
    assert len(stored_files()) == 2
    assert entries("upload").count() == 1
    other = make.make_attachment(issue, cast.secretary, data=made.jpeg(), key=key)
    assert other != first, "another file of the same form"
    assert make.make_attachment(issue, cast.secretary) != first, "without a key nothing is compared"


def test_only_people_of_the_issue_add_to_it_and_only_while_it_is_open(cast, issue):
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "今日"})
    issue.refresh_from_db()
    for user in (cast.secretary, cast.officer, cast.leader, cast.area_leader, cast.department, cast.district):
        make.make_attachment(issue, user)
    for user in (cast.sibling, cast.other_officer, cast.other_department, cast.auditor, cast.nobody):
        with pytest.raises(PermissionDenied):
            make.make_attachment(issue, user)
    WORKFLOW.apply(issue, "answer", by=cast.department, inputs={"note": "已更换灯泡"})
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    with pytest.raises(PermissionDenied):
        make.make_attachment(issue, cast.secretary)


def test_an_issue_that_was_closed_meanwhile_takes_nothing(cast, issue, stored_files):
    """The page was opened before: what counts is the row under the lock."""
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    assert issue.is_open, "the row as it was read before"
    with pytest.raises(PermissionDenied):
        make.make_attachment(issue, cast.secretary)
    assert stored_files() == []


# --- quotas -----------------------------------------------------------------------------------


def test_an_issue_takes_so_many_files(cast, issue):
    set_parameter(ISSUE_FILES, 2)
    first = make.make_attachment(issue, cast.secretary)
    make.make_attachment(issue, cast.secretary)
    with pytest.raises(Refused, match="最多 2 个") as refused:
        make.make_attachment(issue, cast.secretary)
    assert (refused.value.code, refused.value.http_status) == ("quota_exceeded", 409)
    remove(first, by=cast.secretary)
    make.make_attachment(issue, cast.secretary)


def test_an_issue_takes_so_many_bytes(cast, issue):
    set_parameter(ISSUE_FILE_MEGABYTES, 1)
    first = make.make_attachment(issue, cast.secretary)
    Attachment.objects.filter(pk=first.pk).update(size=1024 * 1024 - 10)
    with pytest.raises(Refused, match="合计不超过 1 MB"):
        make.make_attachment(issue, cast.secretary)


def test_two_at_once_cannot_pass_the_quota_together(live_cast, on_postgresql, stored_files):
    set_parameter(ISSUE_FILES, 3)
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp)
    start = threading.Barrier(6)
    results = []

    def upload():
        start.wait()
        try:
            results.append(make.make_attachment(issue, live_cast.secretary).pk)
        except Refused as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results.count("quota_exceeded") == 3
    assert Attachment.objects.count() == 3
    assert len(stored_files()) == 6


def test_the_same_upload_at_once_is_one_row(live_cast, on_postgresql, stored_files):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp)
    key, start, results = uuid.uuid4(), threading.Barrier(4), []

    def upload():
        start.wait()
        try:
            results.append(make.make_attachment(issue, live_cast.secretary, key=key).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [Attachment.objects.get().pk] * 4
    assert len(stored_files()) == 2


# --- removing and erasing -----------------------------------------------------------------------


def test_a_removed_file_goes_after_the_commit_and_its_row_stays(
    cast, issue, stored_files, django_capture_on_commit_callbacks
):
    attachment = make.make_attachment(issue, cast.secretary)
    with django_capture_on_commit_callbacks() as callbacks:
        remove(attachment, by=cast.secretary)
    assert len(stored_files()) == 2, "not before the commit"
    for callback in callbacks:
        callback()
    attachment.refresh_from_db()
    assert stored_files() == []
    assert attachment.removed_by == cast.secretary
    assert attachment.cleared_at
    assert entries("remove").get().changes["removed_at"][0] is None


def test_a_removal_that_is_rolled_back_loses_nothing(cast, issue, stored_files):
    attachment = make.make_attachment(issue, cast.secretary)
    with transaction.atomic():
        remove(attachment, by=cast.secretary)
        transaction.set_rollback(True)
    attachment.refresh_from_db()
    assert not attachment.is_gone
    assert len(stored_files()) == 2


def test_one_removes_ones_own_while_the_issue_is_open(cast, issue):
    attachment = make.make_attachment(issue, cast.secretary)
    for user in (cast.officer, cast.district, cast.leader):
        with pytest.raises(PermissionDenied):
            remove(attachment, by=user)
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    with pytest.raises(PermissionDenied):
        remove(attachment, by=cast.secretary)
    attachment.refresh_from_db()
    assert not attachment.is_gone


def test_removing_twice_is_removing_once(cast, issue):
    attachment = make.make_attachment(issue, cast.secretary)
    remove(attachment, by=cast.secretary)
    remove(attachment, by=cast.secretary)
    assert entries("remove").count() == 1


def test_erasing_takes_file_and_name_and_keeps_the_row(cast, issue, stored_files, django_capture_on_commit_callbacks):
    personal = make.make_attachment(issue, cast.secretary, "王某.jpg", has_personal=True)
    kept = make.make_attachment(issue, cast.secretary)
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    with django_capture_on_commit_callbacks(execute=True):
        assert erase(services.personal_of("issue", [issue.pk]), reason="办结满 6 个月") == 1
    personal.refresh_from_db()
    assert personal.erased_at
    assert "王某" not in personal.name
    assert stored_files() == sorted(kept.stored_files)
    entry = entries("erase").get()
    assert (entry.actor, entry.reason) == (None, "办结满 6 个月")
    assert "王某" not in str(entry.changes)
    assert erase([personal]) == 0


def test_what_was_removed_before_can_be_erased(cast, issue, django_capture_on_commit_callbacks):
    attachment = make.make_attachment(issue, cast.secretary, "王某.jpg", has_personal=True)
    with django_capture_on_commit_callbacks(execute=True):
        remove(attachment, by=cast.secretary)
    assert erase(services.personal_of("issue", [issue.pk])) == 1
    attachment.refresh_from_db()
    assert "王某" not in attachment.name


def test_an_owner_is_declared_once():
    assert register(OWNER) is OWNER
    other = type(OWNER)(**{**OWNER.__dict__, "may_add": lambda row, user: True})
    with pytest.raises(ValueError, match="twice"):
        register(other)


def test_nothing_is_read_twice_of_what_is_too_large(cast, issue, monkeypatch):
    """A full issue is told before the photo is decoded."""
    set_parameter(ISSUE_FILES, 0)
    monkeypatch.setattr(preparing.images, "remake", lambda data: pytest.fail("decoded"))
    with pytest.raises(Refused, match="已经满了"):
        attach(issue, Upload(made.sent(made.jpeg())), by=cast.secretary)

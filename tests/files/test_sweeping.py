"""Rows and files that do not match, and the jobs that see to them."""

import os
import time

import pytest
from django.core.management import call_command
from django.utils import timezone

from suzhou_portal.files import sweeping, tasks
from suzhou_portal.files.models import Attachment
from suzhou_portal.files.services import remove
from tests import factories as make

ORPHAN = "ab/ab" + "0" * 30 + ".jpg"


def put(folder, name, age_hours):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    moment = time.time() - age_hours * 3600
    os.utime(path, (moment, moment))
    return path


def make_older(folder, attachment):
    for name in attachment.stored_files:
        os.utime(folder / name, (0, 0))


def test_files_without_a_row_are_deleted_a_day_after_they_were_written(cast, issue, folder, stored_files):
    attachment = make.make_attachment(issue, cast.secretary)
    make_older(folder, attachment)
    put(folder, ORPHAN, 25)
    put(folder, ORPHAN.replace(".jpg", ".thumb.jpg"), 25)
    young = put(folder, ORPHAN.replace("0", "1"), 1)
    foreign = put(folder, "ab/readme.txt", 25)
    found = sweeping.check(clean=False)
    assert found.orphans == [ORPHAN, ORPHAN.replace(".jpg", ".thumb.jpg")]
    assert tasks.check() == 0
    kept = [*attachment.stored_files, *(str(path.relative_to(folder)) for path in (young, foreign))]
    assert stored_files() == sorted(kept)


def test_a_row_without_its_file_is_marked_and_shown_until_it_is_back(cast, issue, folder, sign_in):
    attachment = make.make_attachment(issue, cast.secretary)
    thumbnail = folder / attachment.thumbnail
    data = thumbnail.read_bytes()
    thumbnail.unlink()
    assert tasks.check() == 1
    assert "文件缺失" in sign_in(cast.secretary).get(issue.get_absolute_url()).content.decode()
    assert "1 个附件缺失文件" in sign_in(cast.system).get("/operations/").content.decode()
    thumbnail.write_bytes(data)
    assert tasks.check() == 0
    attachment.refresh_from_db()
    assert attachment.missing_at is None


def test_a_file_of_another_length_counts_as_lost(cast, issue, folder):
    attachment = make.make_attachment(issue, cast.secretary)
    (folder / attachment.stored).write_bytes(b"x")
    assert sweeping.check(clean=False).missing == [attachment.pk]


def test_the_command_reports_and_fails_when_a_file_is_lost(cast, issue, folder, capsys):
    attachment = make.make_attachment(issue, cast.secretary)
    put(folder, ORPHAN, 25)
    call_command("check_files")
    assert "没有记录的文件 1 个" in capsys.readouterr().out
    (folder / attachment.stored).unlink()
    with pytest.raises(SystemExit):
        call_command("check_files", "--clean")
    assert not (folder / ORPHAN).exists()


def test_the_job_clears_what_a_crash_left_on_the_disk(cast, issue, stored_files):
    """The commit went through, and the process died before it could delete the files."""
    attachment = make.make_attachment(issue, cast.secretary)
    remove(attachment, by=cast.secretary)  # the test's transaction is never committed: no callback runs
    assert len(stored_files()) == 2
    assert tasks.clear() == 1
    assert tasks.clear() == 0
    attachment.refresh_from_db()
    assert stored_files() == []
    assert attachment.cleared_at <= timezone.now()
    assert sweeping.check(clean=False).missing == []
    assert Attachment.objects.count() == 1

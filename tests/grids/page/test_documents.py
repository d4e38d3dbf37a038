"""交办单, 督办单, 办理单: what stands on them, who may have them, and that it is on record."""

import io
import re
import sys
from datetime import timedelta
from html import unescape

import pypdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from docx import Document

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.page import papers as documents
from grids.supervision.models import Supervision
from suzhou_portal.accounts.tokens import issue_token
from suzhou_portal.audit.describing import action_name
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.files import storing
from suzhou_portal.lib.cases import papers
from suzhou_portal.lib.documents.rendering import DOCX, NO_LIBRARY, pdf_problem
from tests import factories as make

WHAT = "门口路灯不亮<b>&\n晚上看不见"


@pytest.fixture
def issue(cast):
    """Dispatched by the street to the department."""
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, WHAT, address="东侧")
    return WORKFLOW.apply(
        issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "请于今日处理"}
    )


@pytest.fixture
def letter(cast, issue):
    """A 督办单 of the district about the issue, which is two days late."""
    late = timezone.now() - timedelta(days=2)
    Issue.objects.filter(pk=issue.pk).update(warn_at=late - timedelta(days=1), due_at=late)
    issue.refresh_from_db()
    WORKFLOW.apply(issue, "supervise", by=cast.district, inputs={"note": "多次催办未果", "demand": "三日内修好"})
    return Supervision.objects.get()


def page(issue, code, kind=""):
    return f"/issues/{issue.number}/documents/{code}/" + (f"{kind}/" if kind else "")


def words(answer):
    """The text of an answer (page, .docx, PDF) without blanks."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body[:4] == b"%PDF":
        text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(body)).pages)
    elif body[:2] == b"PK":
        text = "".join(node.text or "" for node in Document(io.BytesIO(body)).element.body.iter())
    else:
        text = unescape(re.sub("<[^>]*>", "", body.decode()))
    return "".join(text.split())


@pytest.mark.parametrize("kind", ["", "docx", "pdf"])
def test_the_assignment_tells_the_unit_what_where_until_when_and_whom_to_ask(cast, sign_in, issue, kind, needs_pdf):
    type(cast.s1).objects.filter(pk=cast.s1.pk).update(telephone="0937-2610000")
    answer = sign_in(cast.department).get(page(issue, "assignment", kind))
    assert answer.status_code == 200
    text = words(answer)
    due = timezone.localtime(issue.due_at)
    for part in (
        "网格事件交办单",
        issue.number,
        f"{cast.law.name}：",
        "第1街道第1社区21号小区1号楼，东侧",
        "".join(WHAT.split()),
        "请于今日处理",
        f"{due.year}年{due.month}月{due.day}日{due:%H:%M}",
        cast.officer.name,
        "0937-2610000",
        f"{cast.s1.name}（盖章）",
    ):
        assert part in text, part
    assert cast.secretary.name not in text, "the reporter is not the unit's business"


def test_the_assignment_of_a_second_dispatch_counts_and_shows_the_answer(cast, issue):
    WORKFLOW.apply(issue, "return", by=cast.department, inputs={"note": "不属本单位职责"})
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.water.pk, "note": ""})
    issue = WORKFLOW.apply(issue, "answer", by=cast.other_department, inputs={"note": "已更换灯泡"})
    stands = papers.filled(documents.ASSIGNMENT, issue, cast.officer)
    assert stands["number"] == f"{issue.number}（第 2 次交办）"
    assert stands["addressee"] == cast.water.name
    assert stands["demand"] == "请按期办理，并反馈办理结果。"
    assert stands["reply"].startswith("已更换灯泡（")


def test_there_is_no_assignment_before_dispatch_and_after_recall(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    client = sign_in(cast.officer)
    assert client.get(page(issue, "assignment")).status_code == 404
    assert "/documents/assignment/" not in client.get(issue.get_absolute_url()).content.decode()
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    assert "/documents/assignment/" in client.get(issue.get_absolute_url()).content.decode()
    WORKFLOW.apply(issue, "recall", by=cast.officer, inputs={})
    assert client.get(page(issue, "assignment", "docx")).status_code == 404


@pytest.mark.parametrize("kind", ["", "pdf"])
def test_the_record_tells_the_whole_run(cast, sign_in, issue, kind, needs_pdf):
    WORKFLOW.apply(issue, "answer", by=cast.department, inputs={"note": "已更换灯泡"})
    WORKFLOW.apply(issue, "close", by=cast.secretary, inputs={"note": ""})
    text = words(sign_in(cast.officer).get(page(issue, "record", kind)))
    steps = ["上报", f"派办给{cast.law.name}：请于今日处理", "反馈办理结果：已更换灯泡", "核查办结"]
    places = [text.index(step, text.index("办理过程")) for step in steps]
    assert places == sorted(places)
    assert "按期办结" in text


def test_the_record_has_no_word_file(cast, sign_in, issue):
    assert sign_in(cast.officer).get(page(issue, "record", "docx")).status_code == 404
    assert sign_in(cast.officer).get(page(issue, "record", "xlsx")).status_code == 404
    assert sign_in(cast.officer).get(page(issue, "no-such")).status_code == 404


def test_a_long_run_is_cut_with_a_word(cast, sign_in, issue, monkeypatch):
    monkeypatch.setattr(documents.record, "MOST_STEPS", 1)
    text = words(sign_in(cast.officer).get(page(issue, "record")))
    assert "以下为最近1步，更早的1步请在平台查看" in text


def test_the_record_names_parts_and_duplicates_in_scope_alone(cast, sign_in):
    whole = make.make_issue(cast.secretary, cast.building, cast.lamp)
    double = make.make_issue(cast.secretary, cast.building, cast.lamp)
    WORKFLOW.apply(double, "merge", by=cast.secretary, inputs={"into": whole.number})
    WORKFLOW.apply(whole, "escalate", by=cast.secretary, inputs={"note": "需多个单位"})
    called = {"organisations": [cast.law.pk, cast.water.pk], "note": "请到现场"}
    whole = WORKFLOW.apply(whole, "whistle", by=cast.officer, inputs=called)
    text = words(sign_in(cast.officer).get(page(whole, "record")))
    for part in ("分办件", f"{whole.number}-1", f"{whole.number}-2", "重复件", double.number, "待处理"):
        assert part in text
    part = Issue.objects.get(number=f"{whole.number}-1")
    assert cast.water.name not in words(sign_in(cast.department).get(page(part, "record")))


# --- 督办单 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "docx", "pdf"])
def test_the_letter_says_who_asks_whom_why_and_until_when(cast, sign_in, issue, letter, kind, needs_pdf, settings):
    text = words(sign_in(cast.department).get(page(issue, letter.number, kind)))
    due = timezone.localtime(letter.due_at)
    for part in (
        "网格事件督办单",
        f"编号：{letter.number}",
        f"{cast.law.name}：",
        "未按期办结，现予督办",
        f"{due.year}年{due.month}月{due.day}日{due:%H:%M}",
        issue.number,
        "已超期",
        "多次催办未果",
        "三日内修好",
        f"{settings.DISTRICT_NAME}（盖章）",
    ):
        assert part in text, part


def test_the_letter_shows_its_reply(cast, sign_in, issue, letter, needs_pdf):
    day = timezone.localdate() + timedelta(days=3)
    WORKFLOW.apply(issue, "reply", by=cast.department, inputs={"note": "灯具缺货\n已订购", "promised_on": str(day)})
    for kind in ("", "docx", "pdf"):
        text = words(sign_in(cast.district).get(page(issue, letter.number, kind)))
        assert "灯具缺货已订购" in text
        assert f"承诺办结日期：{day.year}年{day.month}月{day.day}日" in text
        assert cast.department.name in text


def test_an_organisation_has_the_letters_to_itself_alone(cast, sign_in, issue, letter):
    WORKFLOW.apply(issue, "return", by=cast.department, inputs={"note": "不属本单位职责"})
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.water.pk})
    client = sign_in(cast.other_department)
    assert client.get(issue.get_absolute_url()).status_code == 200
    assert letter.number not in client.get(issue.get_absolute_url()).content.decode()
    assert client.get(page(issue, letter.number)).status_code == 404
    assert sign_in(cast.secretary).get(page(issue, letter.number)).status_code == 200
    assert sign_in(cast.department).get(page(issue, letter.number)).status_code == 404


def test_a_withdrawn_letter_says_so(cast, sign_in, issue, letter):
    WORKFLOW.apply(issue, "withdraw_letter", by=cast.district, inputs={"note": "已办"})
    assert "此单已撤销" in words(sign_in(cast.officer).get(page(issue, letter.number)))


# --- rights and record ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "docx", "pdf"])
def test_documents_keep_to_the_scope_of_the_issue(cast, sign_in, issue, kind):
    for user in (cast.sibling, cast.other_officer, cast.other_department, cast.sibling_leader):
        assert sign_in(user).get(page(issue, "assignment", kind)).status_code == 404
    for user in (cast.auditor, cast.nobody, cast.system):
        assert sign_in(user).get(page(issue, "assignment", kind)).status_code == 403
    assert not AuditEntry.objects.filter(action="issue.document").exists()


def test_every_document_produced_is_on_record(cast, sign_in, issue, needs_pdf):
    client = sign_in(cast.secretary)
    for kind in ("", "docx", "pdf"):
        client.get(page(issue, "assignment", kind))
    entries = AuditEntry.objects.filter(action="issue.document").order_by("id")
    assert [(entry.actor, entry.object_label) for entry in entries] == [(cast.secretary, issue.number)] * 3
    assert [entry.changes for entry in entries] == [
        {"document": "交办单", "format": kind} for kind in ("打印页", "docx", "pdf")
    ]
    assert action_name("issue.document") == "打印文书"
    assert "打印文书" in sign_in(cast.auditor).get("/audit/").content.decode()


def test_files_are_saved_under_chinese_names_and_by_nobody_kept(cast, sign_in, issue, needs_pdf):
    answer = sign_in(cast.secretary).get(page(issue, "assignment", "docx"))
    assert answer["Content-Type"] == DOCX
    assert "%E4%BA%A4%E5%8A%9E%E5%8D%95" in answer["Content-Disposition"]
    assert issue.number in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


def test_the_pages_cost_the_same_however_long_the_run(cast, sign_in, issue):
    client = sign_in(cast.officer)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(page(issue, "record"))
        counts.append(len(queries))
        for _ in range(4):
            issue = WORKFLOW.apply(issue, "recall", by=cast.officer, inputs={})
            issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    assert counts[0] == counts[1]
    assert counts[0] <= 18


# --- without the libraries --------------------------------------------------------------------------


@pytest.fixture
def without_pdf(monkeypatch):
    """A machine on which the module that needs the libraries cannot be imported."""
    monkeypatch.setitem(sys.modules, "suzhou_portal.lib.documents.pdf", None)
    pdf_problem.cache_clear()
    yield NO_LIBRARY
    pdf_problem.cache_clear()


def test_without_the_libraries_no_pdf_is_offered_and_the_page_says_why(cast, sign_in, issue, without_pdf):
    client = sign_in(cast.secretary)
    text = client.get(page(issue, "assignment")).content.decode()
    assert without_pdf in text
    assert page(issue, "assignment", "docx") in text
    assert page(issue, "assignment", "pdf") not in text
    answer = client.get(page(issue, "assignment", "pdf"))
    assert (answer.status_code, answer["Location"]) == (302, page(issue, "assignment"))
    assert without_pdf in sign_in(cast.system).get("/operations/").content.decode()
    key = issue_token(user=cast.secretary, by=cast.secretary)[1]
    headers = {"authorization": f"Bearer {key}"}
    listed = client.get(f"/api/v1/issues/{issue.pk}/documents/", headers=headers).json()
    assert [file["kind"] for file in listed[0]["files"]] == ["docx"]
    problem = client.get(f"/api/v1/issues/{issue.pk}/documents/record/pdf/", headers=headers)
    assert (problem.status_code, problem.json()["code"]) == (503, "pdf_unavailable")


def test_where_all_is_well_nothing_is_said(cast, sign_in, issue, needs_pdf):
    text = sign_in(cast.secretary).get(page(issue, "assignment")).content.decode()
    assert page(issue, "assignment", "pdf") in text
    assert NO_LIBRARY not in text


# --- REST -------------------------------------------------------------------------------------------


def test_a_program_lists_and_downloads_the_documents_with_its_token(cast, client, issue, letter, needs_pdf):
    key = issue_token(user=cast.department, by=cast.department)[1]
    headers = {"authorization": f"Bearer {key}"}
    listed = client.get(f"/api/v1/issues/{issue.number}/documents/", headers=headers).json()
    assert [(row["code"], row["title"]) for row in listed] == [
        ("assignment", "交办单"),
        (letter.number, f"督办单 {letter.number}"),
        ("record", "办理单"),
    ]
    for row in listed:
        for file in row["files"]:
            answer = client.get(file["url"], headers=headers)
            assert (answer.status_code, answer["Content-Type"]) == (200, file["content_type"])
            assert issue.number in words(answer)
    assert AuditEntry.objects.filter(action="issue.document", source="api", actor=cast.department).exists()


def test_the_api_keeps_to_the_scope(cast, client, issue):
    for user, status in ((cast.sibling, 404), (cast.other_department, 404), (cast.auditor, 403)):
        headers = {"authorization": f"Bearer {issue_token(user=user, by=user)[1]}"}
        for tail in ("", "assignment/docx/", "record/pdf/"):
            answer = client.get(f"/api/v1/issues/{issue.pk}/documents/{tail}", headers=headers)
            assert answer.status_code == status, tail
    headers = {"authorization": f"Bearer {issue_token(user=cast.district, by=cast.district)[1]}"}
    for tail in ("record/docx/", "no-such/pdf/", "assignment/exe/"):
        assert client.get(f"/api/v1/issues/{issue.pk}/documents/{tail}", headers=headers).status_code == 404


def test_the_record_shows_photos_but_none_with_personal_data(cast, sign_in, issue, needs_pdf):
    make.make_attachment(issue, cast.secretary)
    make.make_attachment(issue, cast.secretary, has_personal=True)
    answer = sign_in(cast.secretary).get(page(issue, "record"))
    assert answer.content.decode().count('<img src="data:image/jpeg;base64,') == 1
    written = sign_in(cast.secretary).get(page(issue, "record", "pdf"))
    body = b"".join(written.streaming_content)
    pictures = [image for sheet in pypdf.PdfReader(io.BytesIO(body)).pages for image in sheet.images]
    assert len(pictures) == 1


def test_a_photo_whose_file_is_lost_does_not_stop_the_record(cast, sign_in, issue):
    storing.delete(make.make_attachment(issue, cast.secretary).stored_files)
    answer = sign_in(cast.secretary).get(page(issue, "record"))
    assert answer.status_code == 200
    assert "data:image/jpeg" not in answer.content.decode()


def test_the_register_leads_to_the_letter_on_paper(cast, sign_in, letter):
    client = sign_in(cast.officer)
    shown = client.get(f"/grids/supervisions/{letter.number}/").content.decode()
    assert page(letter.issue, letter.number) in shown
    assert client.get(page(letter.issue, letter.number)).status_code == 200

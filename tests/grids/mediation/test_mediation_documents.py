"""调解登记表, 调解记录, 调解协议书: what stands on them, and the blanks for names and signatures."""

import io

import pytest
from docx import Document

from grids.mediation.papers import FIELDS, PAPERS
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.cases.papers import filled
from suzhou_portal.lib.documents.rendering import STANDARD
from tests.grids.mediation.made import SUMMARY, dispute, ended, take


def text_of(data):
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def file(client, row, code, kind="docx"):
    answer = client.get(f"{row.get_absolute_url()}documents/{code}/{kind}/")
    return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_registration_form(cast, sign_in):
    row = dispute(cast.secretary, cast.building, party_c="owners")
    answer, data = file(sign_in(cast.secretary), row, "registration")
    assert answer.status_code == 200
    text = text_of(data)
    for words in (
        row.number,
        SUMMARY,
        "噪声扰民",
        "（居民）姓名（名称）：",
        "（业委会）姓名（名称）：",
        "1号小区 1号楼",
    ):
        assert words in text
    entry = AuditEntry.objects.get(action="mediation.document")
    assert entry.changes == {"document": "纠纷调解登记表", "format": "docx"}


def test_record_and_agreement_come_with_the_first_talk_and_leave_names_blank(cast, sign_in):
    client = sign_in(cast.secretary)
    row = take(dispute(cast.secretary, cast.g1), cast.secretary, "accept")
    assert file(client, row, "record")[0].status_code == 404
    row = take(row, cast.secretary, "session")
    text = text_of(file(client, row, "record")[1])
    assert "双方各让一步" in text
    assert "人民调解员、社区干部" in text
    open_text = text_of(file(client, row, "agreement")[1])
    assert open_text.count("＿" * 20) >= 4
    row = take(row, cast.secretary, "succeed")
    text = text_of(file(client, row, "agreement")[1])
    assert "乙方二十二时后不再施工" in text
    assert "甲方（居民）姓名（名称）：＿" in text
    assert "甲方（签名、指印）：" in text
    assert "{{" not in text + open_text


def test_no_agreement_where_none_was_reached(cast, sign_in):
    row = ended(cast.secretary, cast.g1, "fail")
    client = sign_in(cast.secretary)
    assert file(client, row, "agreement")[0].status_code == 404
    assert "调解不成" in text_of(file(client, row, "record")[1])


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.code)
def test_pages_and_pdfs(cast, sign_in, paper, needs_pdf):
    row = ended(cast.secretary, cast.g1)
    client = sign_in(cast.secretary)
    page = client.get(f"{row.get_absolute_url()}documents/{paper.code}/")
    assert page.status_code == 200
    assert paper.title.removeprefix("纠纷") in page.content.decode()
    answer, data = file(client, row, paper.code, "pdf")
    assert answer.status_code == 200
    assert data.startswith(b"%PDF")


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.code)
def test_the_districts_own_template_is_used(cast, sign_in, settings, tmp_path, paper):
    settings.DOCUMENT_TEMPLATES = tmp_path
    document = Document(STANDARD / f"{paper.docx}.docx")
    document.add_paragraph("区司法局监制 {{ number }}")
    document.save(tmp_path / f"{paper.docx}.docx")
    row = ended(cast.secretary, cast.g1)
    assert f"区司法局监制 {row.number}" in text_of(file(sign_in(cast.secretary), row, paper.code)[1])


def test_every_field_is_declared(cast, sign_in):
    row = ended(cast.secretary, cast.g1)
    assert set(filled(PAPERS[0], row, cast.secretary)) - {"title"} == set(FIELDS)

"""共建协议书 on paper: its table says what was promised, and who printed it is on record."""

import io
import zipfile

import pytest
from docx import Document

from covenants.agreements.models import Covenant
from covenants.agreements.papers import DOCX, is_agreed
from covenants.agreements.workflow import WORKFLOW
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.documents.rendering import DECLARED, STANDARD, template_problem
from tests.contracts.walk import readable
from tests.core.test_documents import words_of
from tests.covenants import made


def address(covenant, kind=""):
    return f"{covenant.get_absolute_url()}documents/agreement/{kind}"


def opened(answer) -> Document:
    return Document(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_word_file_holds_the_commitments(cast, sign_in):
    covenant = made.signed(cast)
    document = opened(sign_in(cast.liaison).get(address(covenant, "docx/")))
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for said in (
        covenant.number,
        f"甲方：{cast.c1.name}",
        "乙方：第一中学",
        "张书记",
        "李校长",
        "资金合计：1,000.00 元",
    ):
        assert said in words
    (table,) = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["序号", "类型", "事项", "数量/金额", "期限"]
    assert [row[:2] for row in rows[1:]] == [["1", "实事"], ["2", "资金"], ["3", "服务项目"]]
    assert rows[1][2:4] == ["修路灯", "3 盏"]
    assert rows[2][3] == "1,000.00 元"
    assert "开班" in rows[3][2]
    assert rows[3][3] == "2 个节点"
    day = made.day(30)
    assert rows[1][4] == f"{day.year}年{day.month}月{day.day}日"


def test_before_the_signing_it_says_what_was_agreed(cast, sign_in):
    covenant = made.negotiating(cast)
    client = sign_in(cast.secretary)
    assert not is_agreed(covenant)
    assert client.get(address(covenant)).status_code == 404
    covenant = WORKFLOW.apply(covenant, "accept", by=cast.liaison)
    (table,) = opened(client.get(address(covenant, "docx/"))).tables
    assert [row.cells[2].text.split("\n")[0] for row in table.rows[1:]] == ["修路灯", "帮扶资金", "四点半课堂"]


def test_what_was_called_off_is_not_printed(cast, sign_in):
    covenant = made.signed(cast)
    fewer = made.some_terms(made.task(quantity="2"))
    WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": fewer.json()})
    WORKFLOW.apply(Covenant.objects.get(), "accept", by=cast.secretary)
    page = readable(sign_in(cast.secretary).get(address(covenant)))
    assert "2 盏" in page
    assert "帮扶资金" not in page


def test_markup_in_texts_stays_text(cast, sign_in):
    covenant = made.signed(cast, made.some_terms(made.task(title="<b>{{ number }}</b> & 灯")))
    (table,) = opened(sign_in(cast.liaison).get(address(covenant, "docx/"))).tables
    assert table.rows[1].cells[2].text == "<b>{{ number }}</b> & 灯"


def test_the_pdf_says_the_same(cast, sign_in, needs_pdf):
    covenant = made.signed(cast)
    answer = sign_in(cast.liaison).get(address(covenant, "pdf/"))
    assert answer["Content-Type"] == "application/pdf"
    words = words_of(b"".join(answer.streaming_content))
    day = made.day(30)
    for said in (
        *(covenant.number, f"甲方：{cast.c1.name}", "乙方：第一中学", "张书记", "李校长"),
        *(
            "修路灯3盏",
            f"{day.year}年{day.month}月{day.day}日",
            "帮扶资金1,000.00元",
            "四点半课堂",
            "资金合计：1,000.00元",
        ),
    ):
        assert said in words


def test_printing_is_on_record(cast, sign_in):
    covenant = made.signed(cast)
    client = sign_in(cast.liaison)
    client.get(address(covenant))
    client.get(address(covenant, "docx/"))
    entries = AuditEntry.objects.filter(action="covenant.document", object_id=str(covenant.pk))
    assert [entry.changes["format"] for entry in entries.order_by("id")] == ["打印页", "docx"]
    assert {entry.actor for entry in entries} == {cast.liaison}


@pytest.mark.parametrize("who", ["sibling", "department", "other_officer"])
def test_strangers_print_nothing(cast, sign_in, who):
    covenant = made.signed(cast)
    assert sign_in(getattr(cast, who)).get(address(covenant, "docx/")).status_code == 404


def test_the_districts_own_template_is_used_and_tried(cast, sign_in, tmp_path, settings):
    settings.DOCUMENT_TEMPLATES = tmp_path
    document = Document(STANDARD / "covenant.docx")
    document.paragraphs[1].runs[0].text = "肃州区共建协议"
    document.save(tmp_path / "covenant.docx")
    covenant = made.signed(cast)
    assert template_problem(DECLARED[DOCX]) == ""
    found = opened(sign_in(cast.liaison).get(address(covenant, "docx/")))
    assert found.paragraphs[1].text == "肃州区共建协议"
    document.paragraphs[1].runs[0].text = "{{ nothing }}"
    document.save(tmp_path / "covenant.docx")
    assert "nothing" in template_problem(DECLARED[DOCX])
    assert opened(sign_in(cast.liaison).get(address(covenant, "docx/"))).paragraphs[1].text == "共建协议书"


def test_the_standard_template_is_what_its_maker_makes():
    with zipfile.ZipFile(STANDARD / "covenant.docx") as archive:
        body = archive.read("word/document.xml").decode()
    assert "{%tr for row in rows %}" in body

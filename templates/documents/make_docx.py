"""Makes the standard .docx templates beside this file: ``python templates/documents/make_docx.py``.

They follow GB/T 9704-2012 where a form of one page can: A4, a text area 156 mm wide, the title
centred in 22 pt, 仿宋 in 14–16 pt, page numbers at the foot. Fonts are named as they are called
on the Chinese office machines that open the files; elsewhere Word takes its own.
"""

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

HERE = Path(__file__).resolve().parent
BODY, TITLE, LABEL = "仿宋", "华文中宋", "黑体"
WIDTHS = (24, 54, 24, 54)  # mm; together the 156 mm of the standard
ALIGN = {"left": WD_ALIGN_PARAGRAPH.LEFT, "centre": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}


def set_font(target: Any, font: str, size: float, *, bold: bool = False) -> None:
    """The font of a run or style, for Chinese and Latin characters."""
    target.font.name, target.font.size, target.font.bold = "Times New Roman", Pt(size), bold
    target._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def new_document() -> Any:
    """An empty A4 page with its margins, basic style, and page numbers."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.top_margin, section.bottom_margin = Mm(25), Mm(22)
    section.footer_distance = Mm(10)
    style = document.styles["Normal"]
    set_font(style, BODY, 14)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "zh-CN")
    language.set(qn("w:eastAsia"), "zh-CN")
    style._element.get_or_add_rPr().append(language)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.line_spacing = Pt(24)
    foot = section.footer.paragraphs[0]
    foot.alignment = ALIGN["centre"]
    foot.paragraph_format.line_spacing = Pt(14)
    for part in ("{{ printed }}　第 ", "PAGE", " 页，共 ", "NUMPAGES", " 页"):
        if part.isupper():
            add_field(foot, part)
        else:
            set_font(foot.add_run(part), BODY, 9)
    return document


def add_field(paragraph: Any, name: str) -> None:
    """A field that Word computes: the page, the number of pages."""
    for kind, text in (("begin", ""), ("", name), ("separate", ""), ("shown", "1"), ("end", "")):
        run = paragraph.add_run(text if kind == "shown" else "")
        set_font(run, BODY, 9)
        if kind == "shown":
            continue
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._element.append(element)


def line(document: Any, text: str, *, font: str = BODY, size: float = 14, align: str = "left", **more: Any) -> Any:
    """A paragraph of one run. ``more``: bold, before, after and indent (points)."""
    paragraph = document.add_paragraph()
    paragraph.alignment = ALIGN[align]
    set_font(paragraph.add_run(text), font, size, bold=more.get("bold", False))
    layout = paragraph.paragraph_format
    layout.space_before, layout.space_after = Pt(more.get("before", 0)), Pt(more.get("after", 0))
    layout.line_spacing = Pt(max(24, size * 1.5))
    if "indent" in more:
        layout.first_line_indent = Pt(more["indent"])
    return paragraph


def fill(cell: Any, *texts: str, font: str = BODY, align: str = "left") -> None:
    """The cell's paragraphs; one that begins with > stands at the right."""
    for index, text in enumerate(texts):
        paragraph = cell.paragraphs[0] if index == 0 else cell.add_paragraph()
        paragraph.alignment = ALIGN["right" if text.startswith(">") else align]
        paragraph.paragraph_format.line_spacing = Pt(20)
        set_font(paragraph.add_run(text.removeprefix(">")), font, 12)
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def form(document: Any, rows: list[tuple[str, ...]], height: float = 11) -> Any:
    """A bordered table: rows of (label, text) over the whole width, or (label, text, label, text).

    A row whose text is one line high may not break over pages; the height is a minimum, in mm.
    """
    table = document.add_table(rows=0, cols=len(WIDTHS))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.width = Mm(width)
    for texts in rows:
        row = table.add_row()
        row.height = Mm(height)
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = Mm(width)
        fill(row.cells[0], texts[0], font=LABEL, align="centre")
        if len(texts) == 2:
            fill(row.cells[1].merge(row.cells[3]), *texts[1].split("\n"))
        else:
            fill(row.cells[1], texts[1])
            fill(row.cells[2], texts[2], font=LABEL, align="centre")
            fill(row.cells[3], texts[3])
    return table


def heading(document: Any, title: str) -> None:
    """The sender above, the title, number and date at the right."""
    line(document, "编号：{{ number }}", size=12, align="right")
    line(document, "{{ date }}", size=12, align="right")
    line(document, title, font=TITLE, size=22, align="centre", bold=True, before=10, after=12)


def seal(document: Any) -> None:
    """Who issued it, with room for the seal."""
    line(document, "{{ sender }}（盖章）", align="right", before=34)
    line(document, "{{ date }}", align="right")


SIGNATURES = "\n承办人（签名）：　　　　　　　负责人（签名）：\n>单位（盖章）　　　　年　　月　　日"


def one_page(title: str, opening: str, rows: list[tuple[str, ...]], reply: tuple[str, str], height: float) -> Any:
    """A form to an organisation: heading, address, table with room for the reply (height in mm), seal."""
    document = new_document()
    heading(document, title)
    line(document, "{{ addressee }}：", size=16)
    line(document, opening, size=16, indent=32, after=8)
    form(document, rows)
    label, text = reply
    join(document, form(document, [(label, text + SIGNATURES)], height=height))
    seal(document)
    return document


def assignment() -> Any:
    """交办单."""
    rows = [
        ("事件编号", "{{ issue }}", "分类", "{{ category }}"),
        ("地点", "{{ place }}"),
        ("情况", "{{ what }}"),
        ("办理要求", "{{ demand }}"),
        ("办理期限", "{{ limit }}", "程度", "{{ severity }}"),
        ("联系人", "{{ contact }}", "联系电话", "{{ telephone }}"),
    ]
    opening = "现将下列网格事件交由你单位办理，请按期办结并反馈结果。"
    return one_page("网格事件交办单", opening, rows, ("办理结果", "{{ reply }}\n\n"), 62)


def supervision() -> Any:
    """督办单."""
    rows = [
        ("事件编号", "{{ issue }}", "分类", "{{ category }}"),
        ("地点", "{{ place }}"),
        ("情况", "{{ what }}"),
        ("办理期限", "{{ limit }}", "超期情况", "{{ late }}"),
        ("督办事由", "{{ reason }}"),
        ("督办要求", "{{ demand }}"),
        ("督办层级", "{{ level }}", "回复期限", "{{ reply_limit }}"),
    ]
    reply = "{{ reply }}\n{% if promised %}承诺办结日期：{{ promised }}{% endif %}\n{{ replied }}\n"
    return one_page("网格事件督办单", "{{ opening }}", rows, ("回复", reply), 58)


def join(document: Any, table: Any) -> None:
    """Append the rows of ``table`` to the table before it."""
    upper = document.tables[-2]
    for row in list(table._tbl.tr_lst):
        upper._tbl.append(row)
    table._tbl.getparent().remove(table._tbl)


def listing(document: Any, loop: str, columns: list[tuple[str, str, float]]) -> None:
    """A bordered table with a head that is repeated, and a row per round of ``loop`` ("row in rows");
    columns: (head, field, width in mm).
    """
    table = document.add_table(rows=0, cols=len(columns))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    heads, fields = [column[0] for column in columns], [column[1] for column in columns]
    blank = [""] * (len(columns) - 1)
    for texts in (heads, [f"{{%tr for {loop} %}}", *blank], fields, ["{%tr endfor %}", *blank]):
        row = table.add_row()
        for cell, text, column in zip(row.cells, texts, columns, strict=True):
            cell.width = Mm(column[2])
            fill(cell, text, font=LABEL if texts is heads else BODY, align="left" if "title" in text else "centre")
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)


def covenant() -> Any:
    """共建协议书."""
    document = new_document()
    line(document, "编号：{{ number }}", size=12, align="right")
    line(document, "共建协议书", font=TITLE, size=22, align="centre", bold=True, before=10, after=12)
    line(document, "甲方：{{ place }}")
    line(document, "乙方：{{ unit }}")
    aim = "{% if purpose %}{{ purpose }}{% else %}推动共驻共建、资源共享{% endif %}"
    line(document, f"为{aim}，甲乙双方在平等协商的基础上，就“{{{{ name }}}}”达成如下协议。", indent=28, before=6)
    line(document, "一、期限", font=LABEL, before=8)
    line(document, "自{{ begins }}起至{{ ends }}止。", indent=28)
    line(document, "二、约定事项", font=LABEL, before=8, after=4)
    columns = [
        ("序号", "{{ row.index }}", 13),
        ("类型", "{{ row.kind }}", 21),
        ("事项", "{{ row.title }}", 56),
        ("数量/金额", "{{ row.much }}", 32),
        ("期限", "{{ row.due }}", 34),
    ]
    listing(document, "row in rows", columns)
    line(document, "{% if total %}资金合计：{{ total }}。{% endif %}", before=4)
    line(document, "三、履约与评约", font=LABEL, before=8)
    rules = "乙方按期履行约定事项并提交履约记录，甲方核实确认。期满后双方互评。变更、终止须经双方同意。"
    line(document, f"{rules}本协议一式两份，双方各执一份，签字盖章后生效。", indent=28)
    for party, name, signatory in (("甲方", "place", "place_signatory"), ("乙方", "unit", "unit_signatory")):
        line(document, f"{party}（盖章）：{{{{ {name} }}}}", before=20)
        line(document, f"签约人（签名）：{{{{ {signatory} }}}}")
    line(document, "签约日期：{{ signed }}", before=14, align="right")
    return document


def mediation_registration() -> Any:
    """纠纷调解登记表. Names and numbers of the parties are written by hand: the portal keeps none."""
    document = new_document()
    heading(document, "纠纷调解登记表")
    party = "（{{ party_%s }}）姓名（名称）：\n联系方式："
    rows = [
        ("纠纷类型", "{{ kind }}", "登记时间", "{{ registered }}"),
        ("地点", "{{ place }}"),
        ("甲方", party % "a", "乙方", party % "b"),
        ("丙方", "{% if party_c %}（{{ party_c }}）姓名（名称）：{% endif %}"),
        ("纠纷情况", "{{ summary }}"),
        ("受理时间", "{{ accepted }}", "调处期限", "{{ limit }}"),
        ("调解人", "{{ mediators }}"),
        ("处理结果", "{{ outcome }}"),
    ]
    form(document, rows, height=13)
    line(document, "登记人（签名）：　　　　　　　　受理人（签名）：", before=24)
    seal(document)
    return document


TO_SIGN = "甲方（签名、指印）：　　　　　　　　　乙方（签名、指印）："


def mediation_record() -> Any:
    """调解记录."""
    document = new_document()
    heading(document, "调解记录")
    rows = [
        ("纠纷类型", "{{ kind }}", "调解次数", "{{ held }}"),
        ("地点", "{{ place }}"),
        (
            "当事人",
            "甲方（{{ party_a }}）：\n乙方（{{ party_b }}）：{% if party_c %}\n丙方（{{ party_c }}）：{% endif %}",
        ),
        ("调解人", "{{ mediators }}"),
        ("纠纷情况", "{{ summary }}"),
        ("调解经过", "{{ talks }}"),
        ("结果", "{{ outcome }}"),
    ]
    form(document, rows, height=13)
    for text in (TO_SIGN, "调解人（签名）：　　　　　　　　　　　记录人（签名）："):
        line(document, text, before=20)
    seal(document)
    return document


def mediation_agreement() -> Any:
    """调解协议书."""
    document = new_document()
    heading(document, "调解协议书")
    for party, label in (("a", "甲方"), ("b", "乙方")):
        line(
            document,
            f"{label}（{{{{ party_{party} }}}}）姓名（名称）：＿＿＿＿＿＿＿＿　证件号码：＿＿＿＿＿＿＿＿＿＿＿＿",
            size=12,
        )
    line(
        document,
        "{% if party_c %}丙方（{{ party_c }}）姓名（名称）："
        "＿＿＿＿＿＿＿＿　证件号码：＿＿＿＿＿＿＿＿＿＿＿＿{% endif %}",
        size=12,
    )
    line(document, "一、纠纷简要情况（{{ kind }}，{{ place }}）", font=LABEL, before=10)
    line(document, "{{ summary }}", indent=28)
    line(document, "二、经调解，当事人自愿达成如下协议", font=LABEL, before=8)
    line(document, "{{ agreement }}", indent=28)
    line(document, "三、履行方式、地点和期限", font=LABEL, before=8)
    for _number in range(2):
        line(document, "＿" * 31)
    line(
        document,
        "本协议一式　　份，当事人和调解组织各执一份，自当事人签名、盖章或者按指印，"
        "调解人签名并加盖调解组织印章之日起生效。",
        indent=28,
        before=8,
    )
    for text in (TO_SIGN, "丙方（签名、指印）：　　　　　　　　　调解人（签名）：", "记录人（签名）："):
        line(document, text, before=14)
    seal(document)
    return document


MAKERS = {
    "assignment": assignment,
    "supervision": supervision,
    "mediation_registration": mediation_registration,
    "mediation_record": mediation_record,
    "mediation_agreement": mediation_agreement,
    "covenant": covenant,
}


if __name__ == "__main__":
    for name, make in MAKERS.items():
        document = make()
        document.core_properties.author, document.core_properties.comments = "", ""
        document.save(str(HERE / f"{name}.docx"))

"""Filling documents: what stands in the values never changes the form, and own templates never break it."""

import importlib.util
import io
import logging
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdf
import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.exceptions import SuspiciousFileOperation
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.page import papers as _declared  # noqa: F401 -- declares the templates
from suzhou_portal.lib.documents import rendering as documents
from suzhou_portal.lib.documents.rendering import DECLARED, STANDARD, clean, pdf_problem, render_docx, render_pdf

NASTY = "<b>&amp;{{ 7*7 }}{% if %}</w:t>]]>“引号”\n第二行\t栏\x00\x08\x0b\ud800\ufffe"
FIELDS = list(DECLARED["assignment"].fields)


def values(**fields):
    return {**dict.fromkeys(FIELDS, ""), **fields}


def text_of(written):
    """All text of a .docx: body, tables, and the page's head and foot."""
    document = Document(io.BytesIO(written))
    parts = [document.element.body, *(section.footer._element for section in document.sections)]
    return "\n".join(node.text or "" for part in parts for node in part.iter() if node.tag.endswith("}t"))


def words_of(written):
    """The text of a PDF without blanks and line ends."""
    return "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(written)).pages).split())


@pytest.fixture
def own(tmp_path, settings):
    """The folder with the district's own templates."""
    settings.DOCUMENT_TEMPLATES = tmp_path
    return tmp_path


def write_template(path, *paragraphs):
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(str(path))


# --- values ---------------------------------------------------------------------------------------


def test_values_lose_what_paper_cannot_hold():
    assert clean({"a": ["x\x00y\r\nz\u2028w", 3, None]}) == {"a": ["xy\nz\nw", 3, None]}


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200))
def test_any_text_makes_a_document_that_opens_and_says_it(text):
    shown = text_of(render_docx("assignment", values(what=text, number="N-1")))
    assert "N-1" in shown
    for word in clean(text).split():
        if "{_{" not in word and "}_}" not in word and "{_%" not in word and "%_}" not in word:
            assert word in shown


def test_markup_in_values_stays_text_in_word():
    shown = text_of(render_docx("assignment", values(what=NASTY)))
    assert "<b>&amp;{{ 7*7 }}{% if %}</w:t>]]>“引号”" in shown
    assert "第二行" in shown


def test_lines_of_a_value_are_lines_in_word():
    document = Document(io.BytesIO(render_docx("assignment", values(what="一\n二"))))
    (paragraph,) = [
        paragraph
        for table in document.tables
        for row in table.rows
        for paragraph in row.cells[1].paragraphs
        if paragraph.text.startswith("一")
    ]
    assert paragraph.text == "一\n二"


def test_a_very_long_value_fits_into_both_kinds(needs_pdf):
    long = "很长的情况说明。" * 300 + "W" * 500
    assert long in text_of(render_docx("assignment", values(what=long)))
    written = render_pdf("documents/pdf.html", {**values(what=long), "body": "documents/_assignment.html"})
    assert len(pypdf.PdfReader(io.BytesIO(written)).pages) > 1
    assert "W" * 30 in words_of(written)


def test_markup_in_values_stays_text_in_pdf(needs_pdf):
    written = render_pdf("documents/pdf.html", {**values(what=NASTY), "body": "documents/_assignment.html"})
    assert "<b>&amp;{{7*7}}{%if%}</w:t>]]>“引号”第二行栏" in words_of(written)


def test_documents_carry_the_portal_as_author_and_no_trace_of_a_machine(own, needs_pdf, settings):
    template = Document(str(STANDARD / "assignment.docx"))
    template.core_properties.author = template.core_properties.last_modified_by = "某人的电脑"
    template.save(str(own / "assignment.docx"))
    properties = Document(io.BytesIO(render_docx("assignment", values()))).core_properties
    assert {properties.author, properties.last_modified_by} == {settings.PORTAL_NAME}
    written = render_pdf("documents/pdf.html", {**values(), "body": "documents/_assignment.html"})
    assert set(pypdf.PdfReader(io.BytesIO(written)).metadata) <= {"/Title", "/Author", "/Producer"}
    assert b"/tmp" not in written


# --- PDF ------------------------------------------------------------------------------------------


def test_pdfs_are_a4_tagged_and_hold_their_fonts(needs_pdf, caplog):
    caplog.set_level(logging.WARNING, "weasyprint")
    context = {**values(number="SZ-1", what="路灯不亮"), "title": "交办单", "body": "documents/_assignment.html"}
    reader = pypdf.PdfReader(io.BytesIO(render_pdf("documents/pdf.html", context)))
    (page,) = reader.pages
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert reader.metadata.title == "交办单 SZ-1"
    assert "第1页，共1页" in "".join(page.extract_text().split())
    assert caplog.messages == []


@pytest.mark.parametrize(
    "address",
    [
        "https://portal.invalid/static/css/print.css",
        "http://127.0.0.1:9/x",
        "file:///etc/passwd",
        "http://portal.invalid/etc/passwd",
        "http://portal.invalid/static/../manage.py",
        "http://portal.invalid/static/%2e%2e/manage.py",
        "http://portal.invalid/static//etc/passwd",
        "http://portal.invalid/static/no-such.css",
        "ftp://localhost/x",
    ],
)
def test_the_pdf_reads_static_files_and_nothing_else(needs_pdf, address):
    with pytest.raises((ValueError, OSError, SuspiciousFileOperation)):
        needs_pdf.StaticFiles().fetch(address)


def test_static_files_are_found_in_the_source_and_as_collected(needs_pdf, tmp_path, monkeypatch):
    pdf = needs_pdf
    address = f"{pdf.BASE}/static/css/documents.css"
    assert b".paper" in pdf.StaticFiles().fetch(address).read()
    assert pdf.StaticFiles().fetch("data:text/css,p%7B%7D").read() == b"p{}"
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "documents.0a1b.css").write_text(".hashed {}")
    monkeypatch.setattr(pdf, "staticfiles_storage", StaticFilesStorage(location=tmp_path, base_url="/static/"))
    assert pdf.static_file("css/documents.0a1b.css").read_text() == ".hashed {}"


WITHOUT = """
import sys
from cffi import FFI
opened = FFI.dlopen
def dlopen(self, name, *flags):
    if "pango" in name:
        raise OSError("cannot load " + name)
    return opened(self, name, *flags)
FFI.dlopen = dlopen
import ctypes.util
ctypes.util.find_library = lambda name: None
from suzhou_portal.lib.documents.rendering import pdf_problem
print(pdf_problem())
"""


def test_a_machine_without_the_library_says_so_in_a_sentence():
    root = Path(documents.__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == documents.NO_LIBRARY


def test_the_library_is_looked_for_once(monkeypatch):
    pdf_problem()
    before = pdf_problem.cache_info().misses
    pdf_problem()
    assert pdf_problem.cache_info().misses == before


def test_ci_image_and_readme_name_the_packages_that_pdfs_need():
    root = STANDARD.parents[1]
    for name in ("Dockerfile", ".ci/run", "README.md"):
        text = (root / name).read_text()
        for package in ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-noto-cjk"):
            assert package in text, (name, package)


# --- the district's own templates -------------------------------------------------------------------


def test_an_own_template_takes_precedence(own):
    write_template(own / "assignment.docx", "本区的交办单 {{ number }}")
    assert text_of(render_docx("assignment", values(number="N-1"))) == "本区的交办单 N-1"
    assert documents.template_problem(DECLARED["assignment"]) == ""


@pytest.mark.parametrize(
    ("paragraph", "told"),
    [
        ("{{ nummer }}", "用了没有的字段（'nummer' is undefined）"),
        ("{% if number %}", "的标记写法有误"),
        ("{{ number.__class__.__mro__ }}", "的标记写法有误（access to attribute '__class__'"),
        ("{% for x in range(10**9) %}a{% endfor %}", "无法打开（OverflowError）"),
    ],
)
def test_a_broken_template_is_told_to_the_administrator_and_the_standard_one_used(own, caplog, paragraph, told):
    write_template(own / "assignment.docx", paragraph)
    assert "网格事件交办单" in text_of(render_docx("assignment", values(number="N-1")))
    assert "the standard template is used" in caplog.text
    assert documents.template_problem(DECLARED["assignment"]).startswith(f"assignment.docx {told}")


def test_a_file_that_is_no_word_document_is_told_too(own):
    (own / "assignment.docx").write_bytes(b"no zip")
    assert "网格事件交办单" in text_of(render_docx("assignment", values()))
    assert "无法打开" in documents.template_problem(DECLARED["assignment"])
    assert ("交办单模板", documents.template_problem(DECLARED["assignment"])) in documents.findings()


def test_the_administrator_reads_it_on_the_page_of_operations(cast, sign_in, own):
    write_template(own / "assignment.docx", "{{ nummer }}")
    page = sign_in(cast.system).get("/operations/").content.decode()
    assert "交办单模板" in page
    assert "nummer" in page


# --- the standard templates ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_the_standard_templates_use_every_field_that_the_readme_names(name):
    root = STANDARD.parents[1]
    readme = (root / "README.md").read_text()
    with zipfile.ZipFile(STANDARD / f"{name}.docx") as archive:
        xml = archive.read("word/document.xml").decode() + archive.read("word/footer1.xml").decode()
    for field in DECLARED[name].fields:
        assert f"`{field}`" in readme, field
    # Written out, gone through or asked for: {{ field }}, {% for talk in talks %}, {% if agreement %}.
    used = {field for field in DECLARED[name].fields if re.search(rf"{{[{{%][^{{}}]*\b{field}\b", xml)}
    # The papers of a mediation share their fields: each shows some, and all of them show all.
    if name.startswith("mediation_"):
        assert used >= {"number", "place", "printed"}
    else:
        assert set(DECLARED[name].fields) - used <= {"severity", "state"}


def test_the_committed_templates_are_those_that_the_script_makes(tmp_path):
    spec = importlib.util.spec_from_file_location("make_docx", STANDARD / "make_docx.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert set(script.MAKERS) == set(DECLARED)
    for name, make in script.MAKERS.items():
        made = make()
        committed = Document(str(STANDARD / f"{name}.docx"))
        assert made.element.body.xml == committed.element.body.xml

"""Documents for paper: .docx from templates that staff may edit in Word, PDF from the portal's own HTML.

An app declares its .docx templates with :func:`declare_docx` and fills them with
:func:`render_docx`. The standard ones stand in templates/documents/; a file of the same name in
the folder that ``PORTAL_DOCUMENTS`` names takes precedence, and when it cannot be filled the
standard one is used, and the page 运行状态 says what is wrong. Values go in as text: whatever
stands in them changes neither the form nor the file.
"""

import ctypes
import importlib
import io
import logging
import re
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from docx import Document
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
STANDARD = Path(__file__).resolve().parents[3] / "templates" / "documents"
NO_LIBRARY = "服务器缺少 PDF 组件，暂不能生成 PDF，请直接打印本页。"
NO_FONT = "服务器缺少中文字体，暂不能生成 PDF，请直接打印本页。"
# What XML cannot hold, and what no reader sees; lines and tabs stay.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LINES = re.compile("\r\n?|[\u2028\u2029]")
logger = logging.getLogger(__name__)


def clean(value: Any) -> Any:
    """``value`` with its texts (in lists and dictionaries, too) as paper can hold them: control characters
    gone, line ends as ``\\n``, no markup believed.
    """
    if isinstance(value, str):
        return _UNWRITABLE.sub("", _LINES.sub("\n", value))
    if isinstance(value, Mapping):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    return value


# --- Word -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DocxForm:
    """A .docx template: its name (of the file, without suffix), Chinese title, and its fields with what they say.

    A field that is a list of rows names the fields of a row instead.
    """

    name: str
    title: str
    fields: Mapping[str, str | Mapping[str, str]]

    def sample(self) -> dict[str, Any]:
        """A value for every field, to try a template with."""
        return {
            name: f"〔{said}〕" if isinstance(said, str) else [{part: f"〔{word}〕" for part, word in said.items()}]
            for name, said in self.fields.items()
        }


DECLARED: dict[str, DocxForm] = {}


def declare_docx(name: str, title: str, fields: Mapping[str, str | Mapping[str, str]]) -> str:
    """Make a template known; returns its name."""
    DECLARED[name] = DocxForm(name, title, fields)
    return name


def own_template(name: str) -> Path | None:
    """The district's own template ``name``, or None."""
    folder = settings.DOCUMENT_TEMPLATES
    path = folder / f"{name}.docx" if folder else None
    return path if path is not None and path.is_file() else None


def render_docx(name: str, context: Mapping[str, Any]) -> bytes:
    """The template ``name`` filled with ``context`` (texts, and lists of such dictionaries)."""
    own = own_template(name)
    if own is not None:
        try:
            return _filled(own, context)
        except Exception as error:  # whatever Word or an editor's hand can break
            logger.error("%s: %s; the standard template is used", own, type(error).__name__)
    return _filled(STANDARD / f"{name}.docx", context)


def _filled(path: Path, context: Mapping[str, Any]) -> bytes:
    # A sandbox: whoever edits a template edits a form, not the portal. A misspelt field is an error.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    document = DocxTemplate(path)
    document.render(clean(context), environment, autoescape=True)
    properties = document.docx.core_properties  # not get_docx(): that would open the empty template again
    properties.author = properties.last_modified_by = settings.PORTAL_NAME
    properties.comments, properties.revision = "", 1
    properties.created = properties.modified = timezone.now()
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def template_problem(form: DocxForm) -> str:
    """What is wrong with the district's own template of ``form``, in Chinese; "" when nothing is, or it has none."""
    own = own_template(form.name)
    if own is None:
        return ""
    try:
        written = _filled(own, form.sample())
        Document(io.BytesIO(written))
    except UndefinedError as error:
        return f"{own.name} 用了没有的字段（{error.message}），已改用标准模板。"
    except TemplateError as error:
        return f"{own.name} 的标记写法有误（{error.message}），已改用标准模板。"
    except Exception as error:  # see render_docx
        return f"{own.name} 无法打开（{type(error).__name__}），已改用标准模板。"
    return ""


def findings() -> list[tuple[str, str]]:
    """For the administrator: (what, problem), the problem "" where all is well."""
    found = [("PDF", pdf_problem())]
    found += [(f"{form.title}模板", template_problem(form)) for form in DECLARED.values() if own_template(form.name)]
    return found


# --- PDF --------------------------------------------------------------------------------------


class PdfUnavailable(Exception):
    """This machine cannot write PDFs; the message says why, in Chinese."""


class _FontSet(ctypes.Structure):
    """The beginning of fontconfig's ``FcFontSet``."""

    _fields_ = [("count", ctypes.c_int), ("size", ctypes.c_int)]


def _has_chinese_font() -> bool:
    """fontconfig knows a font for Chinese; systems other than Linux bring one along."""
    if not sys.platform.startswith("linux"):
        return True
    library = ctypes.CDLL("libfontconfig.so.1")
    library.FcNameParse.restype = library.FcObjectSetCreate.restype = ctypes.c_void_p
    library.FcFontList.argtypes = [ctypes.c_void_p] * 3
    library.FcFontList.restype = ctypes.POINTER(_FontSet)
    found = library.FcFontList(None, library.FcNameParse(b":lang=zh-cn"), library.FcObjectSetCreate())
    return bool(found) and found.contents.count > 0


@cache
def pdf_problem() -> str:
    """Why this machine cannot write PDFs, in one sentence; "" when it can. Looked up once per process."""
    try:
        with redirect_stdout(io.StringIO()):  # the library prints its advice
            importlib.import_module("suzhou_portal.lib.documents.pdf")
    except (ImportError, OSError) as error:
        logger.warning("no PDFs: %s", str(error).partition("\n")[0])
        return NO_LIBRARY
    return "" if _has_chinese_font() else NO_FONT


def render_pdf(template: str, context: Mapping[str, Any]) -> bytes:
    """The HTML template filled with ``context`` (see :func:`clean`) as a PDF. Raises :class:`PdfUnavailable`."""
    if problem := pdf_problem():
        raise PdfUnavailable(problem)
    written: bytes = importlib.import_module("suzhou_portal.lib.documents.pdf").write_pdf(
        render_to_string(template, clean(context))
    )
    return written

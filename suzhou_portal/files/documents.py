"""Documents: PDF, docx and xlsx without anything that runs.

They are stored as they are, so what could act on its own is refused: macros, controls and
outside templates in Office files; scripts, programs and embedded files in PDF. What cannot
be looked into (encrypted, damaged, too intricate) is refused, too.
"""

import io
import logging
import re
import zipfile
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NullObject

from suzhou_portal.files.errors import Refused

logger = logging.getLogger(__name__)

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXTENSIONS = {PDF: "pdf", DOCX: "docx", XLSX: "xlsx"}

MAX_PARTS = 3000  # entries of an Office file
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RELATIONS = 2 * 1024 * 1024  # bytes of one part that we read
MAX_OBJECTS = 40_000  # of a PDF
DAMAGED = "文件无法读取，可能已损坏或加密，请另存后重新上传。"
LOCKED = "文件设有打开密码，请取消密码后上传。"
PATHS = "文件内部的路径异常，不能上传；请用 Office 或 WPS 重新保存后上传。"
DEFINED = "文件含外部文档定义（DOCTYPE），不能上传；请用 Office 或 WPS 重新保存后上传。"
LINKED = "文件含自动更新的外部数据（DDE 域），不能上传；请删去后另存。"
OPENING = "PDF 在打开时会自动执行动作，不能上传；请重新“打印为 PDF”后上传。"
MACROS = "文件含宏或可运行的内容，不能上传；请另存为不含宏的 docx 或 xlsx。"
ACTIVE = "PDF 含脚本、外部程序或嵌入文件，不能上传；请重新“打印为 PDF”后上传。"

_MAIN_PART = re.compile(r'ContentType\s*=\s*"(application/vnd\.openxmlformats-officedocument\.[\w.]+)\.main\+xml"')
_RUNS = re.compile(r"macroEnabled|vbaProject|activeX|oleObject|application/x-msdownload", re.IGNORECASE)
_RUNNING_PARTS = re.compile(
    r"vbaProject|vbaData|activeX|oleObject|\.(?:bin|exe|dll|js|vbs|hta|lnk|scr)$", re.IGNORECASE
)
# Printer settings are the one binary part of ordinary workbooks.
_PRINTER = re.compile(r"^(?:xl|word)/printerSettings/printerSettings\d+\.bin$", re.IGNORECASE)
_OUTSIDE = re.compile(
    r'<Relationship\b(?=[^>]*Type\s*=\s*["\'][^"\']*/(?:attachedTemplate|oleObject|frame|subDocument)["\'])[^>]*External',
    re.IGNORECASE,
)
_INSTRUCTIONS = re.compile(r"<w:instrText\b[^>]*>([^<]*)|\bw:instr\s*=\s*[\"']([^\"']*)")
_DDE = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)
_DDE_LINK = re.compile(rb"<(?:\w+:)?ddeLink\b")
_PROLOG = 4096  # bytes in which a document type must stand
_PDF_RUNS = frozenset(
    {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition", "/RichMediaExecute"}
)
_PDF_CARRIES = frozenset({"/JS", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/XFA"})
_RAW_RUNS = re.compile(rb"/(?:JavaScript|Launch)\b")


def check(data: bytes, family: str) -> str:
    """The media type of the document in ``data``; ``family`` is "pdf" or "zip". Raises :class:`Refused`."""
    look = _check_pdf if family == "pdf" else _check_office
    try:
        return look(data)
    except Refused:
        raise
    except Exception as error:  # whatever the reader stumbles over: nothing unchecked is stored
        logger.info("document refused: %s", type(error).__name__)
        raise Refused(DAMAGED) from error


# --- Office -----------------------------------------------------------------------------------


def _check_office(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if archive.comment or not data.startswith(b"PK\x03\x04") or not parts:
            raise Refused(DAMAGED)
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Refused("文件解开后过大，不能上传。", code="too_large")
        if any(part.flag_bits & 1 for part in parts):
            raise Refused(LOCKED)
        kind = _kind_of(_text(archive, "[Content_Types].xml"))
        for part in parts:
            _check_part(archive, part)
            if _RUNNING_PARTS.search(part.filename) and not _PRINTER.match(part.filename):
                raise Refused(MACROS)
            if part.filename.endswith(".rels") and _OUTSIDE.search(_text(archive, part.filename)):
                raise Refused("文件引用了外部模板或对象，不能上传；请断开链接后另存。")
        if archive.testzip() is not None:
            raise Refused(DAMAGED)
    return kind


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Raises :class:`Refused` for a part that lies outside the file, has a document type, or fetches data by itself."""
    steps = part.orig_filename.replace("\\", "/").split("/")
    if ".." in steps or steps[0] == "" or ":" in steps[0] or "\\" in part.orig_filename:
        raise Refused(PATHS)
    if not part.filename.endswith((".xml", ".rels", ".vml")):
        return
    raw = archive.read(part)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in raw[:_PROLOG] or b"<!ENTITY" in raw[:_PROLOG]:
        raise Refused(DEFINED)
    if part.filename.startswith("word/"):
        # Word cuts an instruction into pieces as it likes.
        found = _INSTRUCTIONS.findall(raw.decode("utf-8", "replace"))
        if _DDE.search("".join(text or f" {attribute} " for text, attribute in found)):
            raise Refused(LINKED)
    elif part.filename.startswith("xl/externalLinks/") and _DDE_LINK.search(raw):
        raise Refused(LINKED)


def _kind_of(types: str) -> str:
    """docx or xlsx, by what the package says its main part is."""
    if _RUNS.search(types):
        raise Refused(MACROS)
    mains = set(_MAIN_PART.findall(types))
    for kind in (DOCX, XLSX):
        if mains == {kind}:
            return kind
    raise Refused("只能上传 PDF、docx、xlsx 文档。")


def _text(archive: zipfile.ZipFile, name: str) -> str:
    """A part as text. Office writes UTF-8; anything else, and any document type, is refused."""
    with archive.open(name) as part:
        raw = part.read(MAX_RELATIONS + 1)
    text = raw.decode("utf-8-sig")
    if len(raw) > MAX_RELATIONS or "<!" in text or "&#" in text:
        raise Refused(DAMAGED)
    return text


# --- PDF --------------------------------------------------------------------------------------


def _check_pdf(data: bytes) -> str:
    reader = PdfReader(io.BytesIO(data))
    # A password that only restricts printing and editing leaves it readable.
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused(LOCKED)
    if not len(reader.pages):
        raise Refused(DAMAGED)
    numbers = {(number, generation) for generation, found in reader.xref.items() for number in found}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise Refused("PDF 过于复杂，无法检查，请重新“打印为 PDF”后上传。")
    # What a viewer would find when it repairs the table of objects.
    if _RAW_RUNS.search(data):
        raise Refused(ACTIVE)
    _look_into(reader.trailer)
    for number, generation in numbers:
        _look_into(reader.get_object(IndirectObject(number, generation, reader)))
    opening = reader.root_object.get("/OpenAction")
    opening = opening.get_object() if opening is not None else None
    if isinstance(opening, DictionaryObject) and opening.get("/S") != "/GoTo":
        raise Refused(OPENING)
    return PDF


def _look_into(found: Any) -> None:
    """Raises :class:`Refused` when the object, or what lies directly in it, runs or carries something."""
    waiting = [found]
    while waiting:
        item = waiting.pop()
        if isinstance(item, DictionaryObject):
            if "/AA" in item:
                raise Refused(OPENING)
            if _PDF_CARRIES & set(item) or str(item.get("/S", "")) in _PDF_RUNS or item.get("/Type") == "/EmbeddedFile":
                raise Refused(ACTIVE)
            waiting += [value for value in item.values() if not isinstance(value, (IndirectObject, NullObject))]
        elif isinstance(item, ArrayObject):
            waiting += [value for value in item if not isinstance(value, (IndirectObject, NullObject))]

"""From the bytes that somebody sent to the bytes that are stored: sniffed, scanned, made anew or checked."""

import re
import unicodedata
from dataclasses import dataclass

import puremagic

from suzhou_portal.files import documents, images, scanning
from suzhou_portal.files.errors import Refused
from suzhou_portal.files.models import Kind
from suzhou_portal.files.owners import MEGABYTE
from suzhou_portal.files.parameters import DOCUMENT_MEGABYTES, PHOTO_MEGABYTES
from suzhou_portal.lib.text.privacy import personal_numbers
from suzhou_portal.rules.parameters import parameter

TAKEN = "可上传照片（JPEG、PNG、WebP、HEIC）和文档（PDF、docx、xlsx）。"
PHOTO_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"})
HEAD = 64 * 1024  # bytes that the kind is told from
NAME_LENGTH = 60


@dataclass(frozen=True)
class Prepared:
    """A file that may be stored as it is here."""

    kind: str
    name: str
    media_type: str
    extension: str
    data: bytes
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def prepare(data: bytes, name: str) -> Prepared:
    """What is stored of the file ``data`` that came under ``name``. Raises :class:`Refused`.

    Neither the name nor what the browser says of the type is believed. The scanner sees the
    bytes as they came, before any decoder does.
    """
    if not data:
        raise Refused("文件是空的，请重新选择。")
    family = sniff(data)
    limit = parameter(PHOTO_MEGABYTES if family == "photo" else DOCUMENT_MEGABYTES)
    if len(data) > limit * MEGABYTE:
        what = "照片" if family == "photo" else "文档"
        raise Refused(f"{what}超过 {limit} MB，请缩小后再上传。", code="too_large", http_status=413)
    scanning.scan(data)
    if family == "photo":
        photo = images.remake(data)
        shown = clean_name(name, "jpg", "照片")
        return Prepared(Kind.PHOTO, shown, "image/jpeg", "jpg", photo.data, photo.width, photo.height, photo.thumbnail)
    media_type = documents.check(data, family)
    extension = documents.EXTENSIONS[media_type]
    return Prepared(Kind.DOCUMENT, clean_name(name, extension, "文档"), media_type, extension, data)


def sniff(data: bytes) -> str:
    """The family of a file by its first bytes: "photo", "pdf" or "zip". Raises :class:`Refused` for all others."""
    try:
        found = {match.mime_type for match in puremagic.magic_string(data[:HEAD])}
    except (puremagic.PureError, ValueError) as error:
        raise Refused(TAKEN) from error
    if found & PHOTO_TYPES:
        return "photo"
    if documents.PDF in found and data.startswith(b"%PDF-"):
        return "pdf"
    if documents.DOCX in found and data.startswith(b"PK\x03\x04"):
        return "zip"
    raise Refused(TAKEN)


def clean_name(name: str, extension: str, otherwise: str) -> str:
    """``name`` as it is shown and offered for saving: one line, no paths, no tricks, the true extension.

    A name that looks as if it held a personal number becomes ``otherwise``.
    """
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    # Controls, directions, invisible characters: they make a name look like another one.
    text = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
    text = re.sub(r'[<>:"|?*]', "_", " ".join(text.split()))
    stem = text.rpartition(".")[0] or text
    stem = stem.strip(" .")[:NAME_LENGTH].rstrip(" .")
    if not stem or personal_numbers(stem):
        stem = otherwise
    return f"{stem}.{extension}"


def shown_name(name: str) -> str:
    """``name`` as it may be named to its user, whatever the file turns out to be."""
    extension = re.sub(r"[^0-9A-Za-z]", "", name.rpartition(".")[2])[:5] if "." in name else ""
    return clean_name(name, extension, "文件").rstrip(".")

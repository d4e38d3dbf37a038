"""Files on the disk: under ``PORTAL_FILES_ROOT``, in 256 folders, under random names.

The web server never serves this folder; ``files.views`` does, in scope. Files are written
before their row is committed, and deleted after the row says that they are gone: a row
never points to nothing, and what a crash leaves over is found by ``files.sweeping``.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from suzhou_portal.files.errors import Refused
from suzhou_portal.files.preparing import Prepared

OURS = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{30}\.(?:jpg|thumb\.jpg|pdf|docx|xlsx)")


def store(prepared: Prepared) -> tuple[str, list[str]]:
    """Write the file, and its thumbnail; returns the stored name of the file and those of both.

    Raises :class:`Refused`, with nothing left behind, when the disk does not take them.
    """
    token = secrets.token_hex(16)
    stem = f"{token[:2]}/{token}"
    parts = {f"{stem}.{prepared.extension}": prepared.data}
    if prepared.thumbnail is not None:
        parts[f"{stem}.thumb.jpg"] = prepared.thumbnail
    try:
        for name, data in parts.items():
            default_storage.save(name, ContentFile(data))
    except OSError as error:
        delete(parts)
        raise Refused(
            "存储暂时不可用，文件没有保存，请稍后再传。", code="storage_unavailable", http_status=503
        ) from error
    return f"{stem}.{prepared.extension}", list(parts)


def read(name: str) -> IO[bytes]:
    """The stored file, open for reading. Raises ``FileNotFoundError``."""
    return default_storage.open(name, "rb")


def size_of(name: str) -> int | None:
    """Bytes of the stored file; None when it is not there."""
    try:
        return default_storage.size(name)
    except FileNotFoundError:
        return None


def delete(names: Iterable[str]) -> None:
    """Delete the files; those that are not there are no error."""
    for name in names:
        default_storage.delete(name)


def all_names() -> Iterator[tuple[str, datetime]]:
    """Every stored file with the time of its last change; files that are not ours are left alone."""
    try:
        folders, _ = default_storage.listdir("")
    except FileNotFoundError:
        return
    for folder in sorted(folders):
        for file in sorted(default_storage.listdir(folder)[1]):
            name = f"{folder}/{file}"
            if OURS.fullmatch(name):
                try:
                    yield name, default_storage.get_modified_time(name)
                except FileNotFoundError:
                    continue  # deleted meanwhile

"""The hook for a virus scanner: nothing is stored that it has not passed.

``PORTAL_VIRUS_SCANNER`` names a callable that takes the bytes of a file and returns "" when
they are clean, otherwise the name of what was found; it raises when it cannot tell. Then,
as when it is down, the file is refused. Without the setting nothing is asked.

:func:`clamd` is ready to use: ``PORTAL_VIRUS_SCANNER=suzhou_portal.files.scanning.clamd`` with
``PORTAL_CLAMD=tcp://127.0.0.1:3310`` or ``unix:///run/clamav/clamd.ctl``.
"""

import logging
import socket
import struct
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from suzhou_portal.files.errors import Refused

logger = logging.getLogger(__name__)

CHUNK = 64 * 1024
TIMEOUT = 20  # seconds for connecting, and for each step of the conversation
LONGEST_ANSWER = 4096


class ScannerUnavailable(Exception):
    """The scanner could not be asked, or gave no clear answer."""


def scan(data: bytes) -> None:
    """Return when the scanner finds nothing, or none is configured. Raises :class:`Refused`."""
    if not settings.VIRUS_SCANNER:
        return
    try:
        found = import_string(settings.VIRUS_SCANNER)(data)
    except Exception as error:  # fail closed: down, misconfigured or broken is all the same
        logger.exception("the virus scanner could not be asked")
        raise Refused(
            "病毒扫描暂时不可用，文件没有保存，请稍后再传。", code="scanner_unavailable", http_status=503
        ) from error
    if found:
        logger.warning("virus scanner found %s", str(found)[:100])
        raise Refused("文件未通过病毒扫描，没有保存。", code="infected")


def clamd(data: bytes) -> str:
    """What clamd says of ``data`` (command INSTREAM): "" for clean, otherwise the name of the finding.

    Raises :class:`ScannerUnavailable` for any other answer, ``OSError`` when it cannot be reached.
    """
    with _connect(settings.CLAMD) as connection:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), CHUNK):
            piece = data[start : start + CHUNK]
            connection.sendall(struct.pack(">I", len(piece)) + piece)
        connection.sendall(struct.pack(">I", 0))
        answer = _answer(connection)
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise ScannerUnavailable(answer)


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        connection.connect(parts.path)
        return connection
    if parts.scheme != "tcp" or not parts.hostname:
        raise ScannerUnavailable("PORTAL_CLAMD must be tcp://host:port or unix:///path")
    return socket.create_connection((parts.hostname, parts.port or 3310), timeout=TIMEOUT)


def _answer(connection: socket.socket) -> str:
    received = b""
    while b"\0" not in received and len(received) < LONGEST_ANSWER:
        piece = connection.recv(CHUNK)
        if not piece:
            break
        received += piece
    return received.partition(b"\0")[0].decode("utf-8", "replace").strip()

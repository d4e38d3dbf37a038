"""The virus scanner: nothing is stored that it has not passed. clamd is played by a small server."""

import socketserver
import struct
import threading

import pytest

from suzhou_portal.files.errors import Refused
from suzhou_portal.files.models import Attachment
from tests import factories as make
from tests.files import made

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


class Conversation(socketserver.StreamRequestHandler):
    """Speaks clamd's INSTREAM."""

    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        data = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            data += self.rfile.read(length)
        self.server.seen.append(data)
        if self.server.says is None:
            return  # hangs up
        self.wfile.write(
            self.server.says or b"stream: Eicar FOUND\0" if EICAR in data else self.server.says or b"stream: OK\0"
        )


def serve(server, address, settings):
    server.seen, server.says = [], b""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.VIRUS_SCANNER, settings.CLAMD = "suzhou_portal.files.scanning.clamd", address
    return server


@pytest.fixture
def clamd(settings):
    """A clamd on a port of this machine; ``says`` overrides its answer, None makes it hang up."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        yield serve(server, f"tcp://127.0.0.1:{server.server_address[1]}", settings)
        server.shutdown()


def infected():
    return made.jpeg() + EICAR


def test_a_clean_file_is_stored(cast, issue, clamd):
    data = made.jpeg((1200, 900), quality=100)
    make.make_attachment(issue, cast.secretary, data=data)
    assert clamd.seen == [data], "the scanner saw the bytes as they came"


def test_what_the_scanner_finds_is_not_stored(cast, issue, clamd, stored_files):
    with pytest.raises(Refused, match="未通过病毒扫描") as refused:
        make.make_attachment(issue, cast.secretary, data=infected())
    assert refused.value.code == "infected"
    assert not Attachment.objects.exists()
    assert stored_files() == []


@pytest.mark.parametrize("says", [None, b"", b"stream: size limit exceeded. ERROR\0", b"OK\0", b"PONG\0"])
def test_without_a_clear_answer_nothing_is_stored(cast, issue, clamd, says):
    clamd.says = says or (b"\0" if says == b"" else None)
    with pytest.raises(Refused, match="病毒扫描暂时不可用"):
        make.make_attachment(issue, cast.secretary)
    assert not Attachment.objects.exists()


def test_over_a_socket_in_the_file_system(cast, issue, settings, tmp_path):
    path = tmp_path / "clamd.ctl"
    with socketserver.ThreadingUnixStreamServer(str(path), Conversation) as server:
        serve(server, f"unix://{path}", settings)
        make.make_attachment(issue, cast.secretary)
        assert len(server.seen) == 1
        server.shutdown()


@pytest.mark.parametrize(
    ("scanner", "address"),
    [
        ("suzhou_portal.files.scanning.clamd", "tcp://127.0.0.1:1"),
        ("suzhou_portal.files.scanning.clamd", "unix:///nowhere/clamd.ctl"),
        ("suzhou_portal.files.scanning.clamd", "nonsense"),
        ("no.such.scanner", ""),
    ],
)
def test_a_scanner_that_cannot_be_asked_refuses_all(cast, sign_in, issue, settings, scanner, address):
    settings.VIRUS_SCANNER, settings.CLAMD = scanner, address
    page = sign_in(cast.secretary).post(f"/files/issue/{issue.pk}/", {"file": made.sent(made.jpeg())}, follow=True)
    assert "病毒扫描暂时不可用，文件没有保存" in page.content.decode()
    assert not Attachment.objects.exists()


def shouting(data):
    return "Worm.Example"


def test_any_callable_may_scan(cast, issue, settings):
    settings.VIRUS_SCANNER = f"{__name__}.shouting"
    with pytest.raises(Refused, match="未通过病毒扫描"):
        make.make_attachment(issue, cast.secretary)

"""Calling a WSGI application in this process, as a server would."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def call(
    app: App, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, data: Any = None
) -> Answer:
    """Send one request; ``path`` may hold a query string, ``data`` is sent as JSON."""
    path, _, query = path.partition("?")
    body = b"" if data is None else json.dumps(data).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": quote(query, safe="=&%/:+"),
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()},
    }
    status: list[str] = []
    chunks = app(environ, lambda line, _headers, _exc=None: status.append(line))
    try:
        return Answer(int(status[0].split()[0]), b"".join(chunks))
    finally:
        if close := getattr(chunks, "close", None):
            close()

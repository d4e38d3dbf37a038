"""HTML to PDF through WeasyPrint. Import it only where ``lib.documents.rendering.pdf_problem()`` is "": the library
needs Pango, which a machine may lack.
"""

import mimetypes
import threading
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from PIL import ImageFile
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

# WeasyPrint lets Pillow take pictures that are cut off, in the whole process; uploads must not be.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Where relative addresses of a page lead; the host does not exist, and is never asked.
BASE = "http://portal.invalid"
# One at a time in a process: fonts are loaded once, and two cores stand no more.
_WRITING = threading.Lock()


class StaticFiles(URLFetcher):
    """Opens the portal's own static files and ``data:`` addresses: no network, no other file."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> Any:
        """The file of ``url``. Raises for everything else; WeasyPrint then goes on without it."""
        if not url.startswith(f"{BASE}{settings.STATIC_URL}"):
            return super().fetch(url, headers)
        name = unquote(urlsplit(url).path.removeprefix(settings.STATIC_URL))
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, static_file(name).read_bytes(), {"Content-Type": kind})


def static_file(name: str) -> Path:
    """The static file ``name``, as collected (with its hash in the name) or as it stands in the source.

    Raises ``SuspiciousFileOperation`` for a name that leads out of the static folders, ``FileNotFoundError``.
    """
    found = finders.find(name)
    path = Path(found) if isinstance(found, str) else Path(staticfiles_storage.path(name))
    if not path.is_file():
        raise FileNotFoundError(name)
    return path


def write_pdf(html: str) -> bytes:
    """A page of the portal as a tagged PDF, laid out for paper."""
    with _WRITING:
        page = HTML(string=html, base_url=f"{BASE}/", url_fetcher=StaticFiles(), media_type="print")
        written: bytes = page.write_pdf(pdf_tags=True)
    return written

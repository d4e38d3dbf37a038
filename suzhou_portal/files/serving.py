"""Answers that carry a stored file: for its owner's readers only, never to be run, cached privately."""

from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from suzhou_portal.files import storing
from suzhou_portal.files.models import Attachment

# Should a browser ever show a document as a page of its own: no script, no forms, no origin.
SANDBOX = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
# Rights may be withdrawn and files erased: the copy in the browser is asked about every time.
PRIVATE = "private, no-cache"


def found(rows: Any, key: Any) -> Attachment:
    """The attachment of ``rows`` with this key that is not gone. Raises ``Http404``."""
    text = str(key)
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Http404
    row = rows.kept().filter(pk=int(text)).first()
    if row is None:
        raise Http404
    attachment: Attachment = row
    return attachment


def answer(request: Any, row: Attachment, *, thumbnail: bool = False, saving: bool = False) -> HttpResponse:
    """The file or the thumbnail of ``row``; 304 when the browser has it, 404 when it is lost.

    Photos are shown, documents and what is asked for ``saving`` are saved under their name.
    """
    if thumbnail and not row.is_photo:
        raise Http404
    etag = quote_etag(f"{row.digest[:32]}{'t' if thumbnail else ''}")
    response = get_conditional_response(request, etag=etag) or _with_file(row, thumbnail=thumbnail, saving=saving)
    response["ETag"] = etag
    response["Cache-Control"] = PRIVATE
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _with_file(row: Attachment, *, thumbnail: bool, saving: bool) -> HttpResponse:
    try:
        file = storing.read(row.thumbnail if thumbnail else row.stored)
    except FileNotFoundError as error:
        raise Http404 from error
    response: Any = FileResponse(
        file,
        as_attachment=saving or not row.is_photo,
        filename=row.name,
        content_type="image/jpeg" if thumbnail else row.media_type,
    )
    return response

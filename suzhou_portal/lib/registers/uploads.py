"""Receiving files: how much a request may carry, and how much of one file is read at all."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

View = TypeVar("View", bound=Callable[..., Any])


def takes_files(view: View) -> View:
    """Mark ``view`` as one that takes photos and documents: its requests may have ``UPLOAD_BODY_LIMIT`` bytes."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


class CappedUploadHandler(FileUploadHandler):
    """Stands first in ``FILE_UPLOAD_HANDLERS``: lets go of a file that grows beyond ``FILE_HARD_LIMIT``.

    The rest of the form, and the other files, arrive all the same; see :func:`too_large`.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass the chunk on. Raises ``SkipFile`` when the file is larger than any that the portal takes."""
        if start + len(raw_data) <= settings.FILE_HARD_LIMIT:
            return raw_data
        if self.request is not None:
            self.request.too_large_files = [*too_large(self.request), self.file_name or ""]  # type: ignore[attr-defined]
        raise SkipFile

    def file_complete(self, file_size: int) -> None:
        """Nothing: a later handler keeps the file."""


def too_large(request: Any) -> list[str]:
    """The names of the files that came with ``request`` and were too large to be received."""
    return list(getattr(request, "too_large_files", []))

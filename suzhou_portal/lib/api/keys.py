"""``Idempotency-Key``: a POST repeated after a network failure gives its first answer, and does nothing.

The key is stored in the transaction of the effect. A second request with the same key
waits for the first one at the unique index and then finds its answer. A failed request
leaves no trace: its key may be used again.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import orjson
from django.apps import apps
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.http import QueryDict
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.api.wire import to_json

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,100}")


class _Repeated(Exception):
    """The key is taken."""


def key_of(request: Request) -> str:
    """The request's key, or "" without one. Raises 400 unless it is 1 to 100 visible ASCII characters."""
    key = request.headers.get(HEADER)
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise Problem(400, "validation_error", errors={HEADER: ["须为 1 至 100 个可见的 ASCII 字符。"]})
    return key


def digest_of(request: Request) -> str:
    """What the same body is recognised by. Keyed, for a body may hold a password."""
    data = request.data
    if isinstance(data, QueryDict):  # a form: every value of every field, files by their content
        data = {name: [_file_digest(value) for value in data.getlist(name)] for name in data}
    body = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return salted_hmac("portal.idempotency", body, algorithm="sha256").hexdigest()


def _file_digest(value: Any) -> Any:
    """A text as it is; a file as the digest of its bytes, which may be read again afterwards."""
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return {"sha256": digest.hexdigest()}


def answer_once(
    request: Request,
    user: Any,
    act: Callable[[Any], Response],
    *,
    conceal: Callable[[Any], Any] = lambda answer: answer,
    reveal: Callable[[Any, Any], Any] = lambda answer, record: answer,
) -> Response:
    """The answer of ``act(record)``, or the first answer to the same key by the same user.

    ``record`` is the stored key (None without one). The same key with another path or body
    is answered 422. ``conceal(answer)`` is what is kept of a secret answer, ``reveal(kept,
    record)`` makes the answer of it again.
    """
    key = key_of(request)
    if not key:
        return act(None)
    model: type[models.Model] = apps.get_model("accounts", "IdempotentRequest")
    path, body_digest = stored_path(request), digest_of(request)
    try:
        with transaction.atomic():
            record: Any = model(user=user, key=key, path=path, body_digest=body_digest)
            try:
                record.save(force_insert=True)
            except IntegrityError as error:
                raise _Repeated from error
            response = act(record)
            record.status, record.answer = response.status_code, orjson.loads(to_json(conceal(response.data)))
            record.save(update_fields=["status", "answer"])
            return response
    except _Repeated:
        record = model._default_manager.get(user=user, key=key)
    if (record.path, record.body_digest) != (path, body_digest):
        raise Problem(422, "idempotency_key_reused", "这个 Idempotency-Key 已用于另一个请求，请换用新的键。")
    return Response(reveal(record.answer, record), status=record.status, headers={REPLAYED: "true"})


def stored_path(request: Request) -> str:
    """The request's path as it is stored: long ones as their digest."""
    path = request.path
    return path if len(path) <= 300 else hashlib.sha256(path.encode()).hexdigest()

"""The web hook: a signed POST to the district's 企业微信 or SMS gateway.

Body: ``{"id", "kind", "title", "url", "recipient": {"username", "phone"}, "sent_at"}``. Headers:
``X-Portal-Timestamp`` (seconds since 1970) and ``X-Portal-Signature: sha256=<hex>``, the
HMAC-SHA256 of ``<timestamp>.<body>`` under the shared secret; ``Idempotency-Key`` is the id
again. The gateway should refuse old timestamps, and answer 2xx (or 409) to a repeated id.
"""

import hashlib
import hmac
import json
import time
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from django.conf import settings

from suzhou_portal.notices.channels import TIMEOUT, Channel, Envelope, NotSent

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
# The gateway has it already.
REPEATED = 409
# It will say the same of this message tomorrow; anything else may be put right there.
FINAL = frozenset({400, 410, 413, 422})


def refusal(url: str, secret: str) -> str:
    """Why the portal must not start with this address and secret; "" when it may."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        return "PORTAL_NOTICE_WEBHOOK_URL must be https (http only to this machine)."
    if parts.username or not parts.hostname:
        return "PORTAL_NOTICE_WEBHOOK_URL must name a host and carry no password."
    return "" if len(secret) >= 32 else "PORTAL_NOTICE_WEBHOOK_SECRET must have 32 characters or more."


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of ``X-Portal-Signature``."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


class _NoRedirects(HTTPRedirectHandler):
    """An answer that sends elsewhere is an error: the message must not follow it to an unknown host."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """See urllib: None makes the redirect an ``HTTPError``."""


def _opener(url: str) -> OpenerDirector:
    """Through the proxy that the environment names, except to this machine."""
    handlers: list[Any] = [_NoRedirects()]
    if urlsplit(url).hostname in LOCAL:
        handlers.append(ProxyHandler({}))
    return build_opener(*handlers)


class WebhookChannel(Channel):
    """See the module."""

    @property
    def label(self) -> str:  # type: ignore[override]
        """As the district calls it, e.g. 短信."""
        return settings.PORTAL_NOTICE_WEBHOOK_LABEL

    def address_of(self, user: Any) -> str:
        """The mobile number."""
        return user.phone or ""

    def send(self, envelope: Envelope) -> None:
        """POST it; only the status of the answer is looked at."""
        url, secret = settings.PORTAL_NOTICE_WEBHOOK_URL, settings.PORTAL_NOTICE_WEBHOOK_SECRET
        body = json.dumps(
            {
                "id": envelope.id,
                "kind": envelope.kind,
                "title": envelope.title,
                "url": envelope.url,
                "recipient": {"username": envelope.username, "phone": envelope.address},
                "sent_at": envelope.sent_at.isoformat(),
            },
            ensure_ascii=False,
        ).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "suzhou-portal",
            "Idempotency-Key": envelope.id,
            "X-Portal-Timestamp": timestamp,
            "X-Portal-Signature": signature(secret, timestamp, body),
        }
        request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 -- https, see refusal()
        try:
            with _opener(url).open(request, timeout=TIMEOUT):
                return
        except HTTPError as error:
            error.close()
            if error.code != REPEATED:
                raise NotSent(f"网关答复 {error.code}", final=error.code in FINAL) from None
        except (TimeoutError, HTTPException, URLError, OSError) as error:
            timed_out = isinstance(getattr(error, "reason", error), TimeoutError)
            raise NotSent("网关超时未答复" if timed_out else "网关连不上或中断了连接", down=True) from None

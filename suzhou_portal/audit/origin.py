"""Where a request comes from: the address of its sender, and the device in words."""

import ipaddress
from functools import lru_cache

import ua_parser
from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: its peer, or behind ``TRUSTED_PROXIES`` proxies what the outermost of them saw.

    What a client itself writes into X-Forwarded-For stands further left and is never believed.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if not 0 < settings.TRUSTED_PROXIES <= len(hops):
        return peer
    try:
        return str(ipaddress.ip_address(hops[-settings.TRUSTED_PROXIES]))
    except ValueError:
        return peer


@lru_cache(maxsize=500)
def device_words(user_agent: str) -> str:
    """What a browser or program calls itself: "Chrome 129，Windows 10"; unchanged where nothing is known of it."""
    found = ua_parser.parse(user_agent)
    parts = [
        " ".join(filter(None, [part.family, part.major]))
        for part in (found.user_agent, found.os)
        if part is not None and part.family != "Other"
    ]
    return "，".join(parts)[:60] or "".join(sign for sign in user_agent if sign.isprintable())[:60]

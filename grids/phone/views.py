"""The phone page as an installable page: service worker, manifest, and the page for times without network.

All three are the same for everybody and hold no data, so they need no sign-in. The worker keeps the
offline page and the static files that it names, and nothing else: no page with data is ever stored.
"""

import hashlib
import json
import re
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

WORKER_SCRIPTS = ("js/field-store.js", "js/field-send.js")
ICON_SIZES = (192, 512)


def offline_html() -> str:
    """The offline page. Rendered without a request: it must not know who asks for it."""
    return render_to_string("grids/phone/field_offline.html", {"field_page": True})


def _content_of(address: str) -> bytes:
    """The bytes behind a static address, where its name does not already change with them."""
    found = finders.find(address.removeprefix(settings.STATIC_URL))
    if not isinstance(found, str):
        return b""
    with open(found, "rb") as file:
        return file.read()


def worker_settings() -> dict[str, Any]:
    """``{version, shell, assets, scripts}`` for the service worker.

    ``assets`` are the static files that the offline page names. ``version`` changes with any of them: by
    their hashed names where static files are collected, else by their content.
    """
    html = offline_html()
    named = re.findall(rf'(?:href|src)="({re.escape(settings.STATIC_URL)}[^"#?]+)', html)
    assets = sorted({*named, static("favicon.svg")})
    scripts = [static(name) for name in WORKER_SCRIPTS]
    digest = hashlib.sha256(html.encode())
    digest.update(getattr(staticfiles_storage, "manifest_hash", "").encode())
    if not hasattr(staticfiles_storage, "manifest_hash"):
        for address in (*assets, *scripts):
            digest.update(_content_of(address))
    return {"version": digest.hexdigest()[:16], "shell": reverse("offline-page"), "assets": assets, "scripts": scripts}


@lru_cache(maxsize=1)
def _kept_settings() -> dict[str, Any]:
    """Once per process: a new version of the portal is a new process."""
    return worker_settings()


@login_not_required
@require_safe
@cache_control(no_cache=True, public=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """``/sw.js``: served from the root, so that it may look after the whole portal."""
    changing = settings.DEBUG or settings.TESTING
    chosen = json.dumps(worker_settings() if changing else _kept_settings(), ensure_ascii=False)
    script = render_to_string("grids/phone/field_worker.js", {"settings": chosen})
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    return response


@login_not_required
@require_safe
@cache_control(max_age=3600, public=True)
def manifest(request: HttpRequest) -> JsonResponse:
    """``/manifest.webmanifest``: name, colours and icons for those who put the portal on their home screen."""
    icons = [
        {"src": static(f"icons/portal-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in ICON_SIZES
    ]
    return JsonResponse(
        {
            "name": settings.PORTAL_NAME,
            "short_name": "肃州治理",
            "lang": "zh-CN",
            "start_url": "/",
            "scope": "/",
            "display": "minimal-ui",
            "theme_color": "#a91d22",
            "background_color": "#f6f4f1",
            "icons": [{"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml"}, *icons],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@login_not_required
@require_safe
@cache_control(no_cache=True, public=True)
def offline(request: HttpRequest) -> HttpResponse:
    """``/offline/``: the same page for everybody; what it shows comes from the phone's own store."""
    return HttpResponse(offline_html())

"""The page 消息投递: what is on its way outside the portal, what did not arrive, and sending it again."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from suzhou_portal.accounts.guards import needs
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.counts import capped_counts, capped_text
from suzhou_portal.notices import sending
from suzhou_portal.notices.channels import configured, label_of
from suzhou_portal.notices.models import Delivery

PAGE_SIZE = 50
CAP = 1000
State = Delivery.State
# Name in the address → (label, its rows).
SHELVES: dict[str, tuple[str, Q]] = {
    "dead": ("未送达", Q(state=State.DEAD)),
    "retrying": ("重试中", Q(sending.UNDERWAY, attempts__gt=0)),
    "waiting": ("待发送", Q(state=State.WAITING, attempts=0)),
    "sent": ("已送达", Q(state=State.SENT)),
}


def _rows(request: HttpRequest) -> QuerySet[Delivery]:
    return Delivery.objects.visible_to(request.user, Verb.OPERATIONS_VIEW)


def _address(shelf: str, channel: str, **more: Any) -> str:
    parts = {"state": shelf, **({"channel": channel} if channel else {}), **more}
    return f"{reverse('operations-deliveries')}?{urlencode(parts)}"


def _table(rows: QuerySet[Delivery], channels: list[str]) -> list[dict[str, Any]]:
    """How many of each channel stand where, in one statement."""
    counts = capped_counts(
        [rows.filter(condition, channel=name) for name in channels for _label, condition in SHELVES.values()], CAP
    )
    per = len(SHELVES)
    return [
        {
            "label": label_of(name),
            "cells": [
                (capped_text(count, CAP), _address(shelf, name))
                for shelf, count in zip(SHELVES, counts[index * per : (index + 1) * per], strict=True)
            ],
        }
        for index, name in enumerate(channels)
    ]


@require_safe
@never_cache
@needs(Verb.OPERATIONS_VIEW)
def deliveries(request: HttpRequest) -> HttpResponse:
    """Counts by channel, and the list of one state (``?state=``, ``?channel=``, ``?before=<id>``), newest first."""
    shelf = request.GET.get("state", "")
    shelf = shelf if shelf in SHELVES else "dead"
    rows = _rows(request)
    known = list(configured())
    # Channels that are gone are shown while something of theirs is left; at most a handful of names.
    gone = (
        rows.filter(state=State.DEAD).exclude(channel__in=known).order_by("channel").values_list("channel", flat=True)
    )
    channels = [*known, *gone.distinct()]
    channel = request.GET.get("channel", "")
    channel = channel if channel in channels else ""
    found = rows.filter(SHELVES[shelf][1], **({"channel": channel} if channel else {}))
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    shown = list(found.select_related("message", "user").order_by("-id")[: PAGE_SIZE + 1])
    context = {
        "table": _table(rows, channels),
        "heads": [label for label, _rows in SHELVES.values()],
        "shelves": [(label, _address(name, channel), name == shelf) for name, (label, _condition) in SHELVES.items()],
        "shelf": shelf,
        "shelf_label": SHELVES[shelf][0],
        "channel": channel,
        "channel_label": label_of(channel) if channel else "",
        "without_channel": _address(shelf, ""),
        "rows": [(row, label_of(row.channel)) for row in shown[:PAGE_SIZE]],
        "older": _address(shelf, channel, before=shown[PAGE_SIZE - 1].pk) if len(shown) > PAGE_SIZE else "",
        "later_page": bool(before),
        "newest": _address(shelf, channel),
        "may_resend": request.user.can(Verb.NOTICES_RESEND),
    }
    return render(request, "notices/deliveries.html", context)


@require_POST
@needs(Verb.NOTICES_RESEND)
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one again that did not arrive."""
    delivery = get_object_or_404(_rows(request), pk=pk)
    if sending.resend(delivery, by=request.user):
        messages.success(request, "已重新排队，约十秒内再次发送。")
    else:
        messages.warning(request, "这条消息已送达或正在发送，不必重发。")
    return redirect(_address("dead", request.POST.get("channel", "")))


@require_POST
@needs(Verb.NOTICES_RESEND)
def resend_all(request: HttpRequest) -> HttpResponse:
    """Try all again that did not arrive, by one channel or by all."""
    channel = request.POST.get("channel", "")
    count = sending.resend_all(by=request.user, channel=channel)
    messages.success(request, f"已将 {count} 条未送达的消息重新排队，约十秒内开始发送。")
    return redirect(_address("dead", channel))

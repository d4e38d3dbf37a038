"""The inbox: what a user was told, row by row, newest first."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from suzhou_portal.notices import grouping
from suzhou_portal.notices.models import Kind, Notice


def _number(text: str | None) -> int | None:
    """``text`` as a row's id; None when it is not one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _chosen(given: QueryDict) -> tuple[str, bool]:
    """(kind or "", unread only), as the address or form says."""
    kind = given.get("kind", "")
    return (kind if kind in Kind.values else ""), given.get("unread") == "1"


def _address(kind: str, only_unread: bool, **more: Any) -> str:
    parts = {**({"kind": kind} if kind else {}), **({"unread": 1} if only_unread else {}), **more}
    return f"{reverse('inbox')}{'?' if parts else ''}{urlencode(parts)}"


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list. ``?unread=1``: only those not read yet; ``?kind=``: of one kind; ``?before=<id>``: older rows."""
    kind, only_unread = _chosen(request.GET)
    mine = Notice.objects.visible_to(request.user)
    rows = mine.filter(kind=kind) if kind else mine
    unread = rows.unread()
    rows = unread if only_unread else rows
    before = _number(request.GET.get("before"))
    found = grouping.groups_of(rows, request.user, before)
    shown = found[: grouping.PAGE_SIZE]
    older = _address(kind, only_unread, before=shown[-1].last) if len(found) > len(shown) else ""
    context = {
        "groups": shown,
        "older": older,
        "newest": _address(kind, only_unread),
        "kind": kind,
        "only_unread": only_unread,
        "ways": [("全部", _address(kind, False), not only_unread), ("未读", _address(kind, True), only_unread)],
        "kinds": [("全部类型", _address("", only_unread), not kind)]
        + [(each.label, _address(each.value, only_unread), kind == each) for each in Kind],
        "later_page": before is not None,
        "any_unread": unread.exists(),
    }
    return render(request, "notices/inbox.html", context)


@require_safe
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where a notice points, and mark as read all that was told of that row until then: one sees it there."""
    notices = Notice.objects.visible_to(request.user)
    notice = get_object_or_404(notices.select_related("message"), pk=pk)
    notices.filter(pk=pk).mark_read()
    grouping.mark_group(request.user, notice.message.url, pk)
    return redirect(notice.message.url)


@require_POST
def mark_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice as read without opening it, with ``group`` all up to it that tell of the same row; back to the
    list as it was filtered.
    """
    notices = Notice.objects.visible_to(request.user)
    notice = get_object_or_404(notices.select_related("message"), pk=pk)
    notices.filter(pk=pk).mark_read()
    if request.POST.get("group") == "1":
        grouping.mark_group(request.user, notice.message.url, pk)
    return redirect(_address(*_chosen(request.POST)))


@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    """Mark as read all (of ``kind``) up to ``upto``, the newest that the page showed: later ones stay unread."""
    kind, only_unread = _chosen(request.POST)
    notices = Notice.objects.visible_to(request.user)
    if kind:
        notices = notices.filter(kind=kind)
    upto = _number(request.POST.get("upto"))
    count = notices.filter(pk__lte=upto).mark_read() if upto else 0
    messages.success(request, f"已将 {count} 条消息标为已读。")
    return redirect(_address(kind, only_unread))

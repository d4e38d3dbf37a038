"""The inbox: what a user was told, newest first."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from suzhou_portal.notices.models import Notice

PAGE_SIZE = 50


def _number(text: str | None) -> int | None:
    """``text`` as a row's id; None when it is not one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The list. ``?unread=1``: only those not read yet; ``?before=<id>``: older ones."""
    only_unread = request.GET.get("unread") == "1"
    mine = Notice.objects.visible_to(request.user)
    rows = mine.unread() if only_unread else mine
    if before := _number(request.GET.get("before")):
        rows = rows.filter(pk__lt=before)
    shown = list(rows.select_related("message").order_by("-id")[: PAGE_SIZE + 1])
    context = {
        "notices": shown[:PAGE_SIZE],
        "older": shown[PAGE_SIZE - 1].pk if len(shown) > PAGE_SIZE else None,
        "only_unread": only_unread,
        "later_page": before is not None,
        "any_unread": mine.unread().exists(),
    }
    return render(request, "notices/inbox.html", context)


@require_GET
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and go where it points."""
    notices = Notice.objects.visible_to(request.user)
    notice = get_object_or_404(notices.select_related("message"), pk=pk)
    notices.filter(pk=pk).mark_read()
    return redirect(notice.message.url)


@require_POST
def mark_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice as read without opening it."""
    notices = Notice.objects.visible_to(request.user)
    get_object_or_404(notices, pk=pk)
    notices.filter(pk=pk).mark_read()
    return redirect("inbox")


@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    """Mark as read all up to ``upto``, the newest that the page showed: later ones stay unread."""
    notices = Notice.objects.visible_to(request.user)
    upto = _number(request.POST.get("upto"))
    count = notices.filter(pk__lte=upto).mark_read() if upto else 0
    messages.success(request, f"已将 {count} 条消息标为已读。")
    return redirect("inbox")

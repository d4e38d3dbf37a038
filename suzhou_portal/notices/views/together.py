"""The rows of which one message outside the portal has told: what it opens."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from suzhou_portal.notices.models import Delivery, Notice, OutboxMessage
from suzhou_portal.notices.wording import sentence_of


@require_safe
def rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of the delivery ``pk`` to the reader; 404 for anybody else's. Opening it, they have read it."""
    # unscoped: one's own, by its key; the page of deliveries is the administrator's
    lead = get_object_or_404(Delivery.objects.filter(user=request.user.pk).select_related("message"), pk=pk)
    told = OutboxMessage.objects.filter(Q(deliveries=lead) | Q(deliveries__lead=lead))
    messages = list(told.distinct().order_by("id"))
    Notice.objects.visible_to(request.user).filter(message__in=messages).mark_read()
    context = {"messages_told": messages, "title": sentence_of(lead.message, len(messages))}
    return render(request, "notices/together.html", context)

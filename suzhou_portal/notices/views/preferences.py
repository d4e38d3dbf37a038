"""The page 消息设置: how one wants to be told."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from suzhou_portal.notices import preferences
from suzhou_portal.notices.forms import PreferencesForm
from suzhou_portal.notices.parameters import DIGEST_HOUR
from suzhou_portal.rules.parameters import parameter


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Show the own choices and store them."""
    form = PreferencesForm(request.user, preferences.choices_for(request.user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        preferences.keep(request.user, form.chosen())
        messages.success(request, "消息设置已保存，以后的消息按此发送。")
        return redirect("me-notices")
    context = {"form": form, "digest_hour": parameter(DIGEST_HOUR)}
    return render(request, "notices/preferences.html", context, status=422 if form.is_bound else 200)

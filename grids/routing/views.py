"""Pages of the routing rules: the rule with its trial, the form that tries a draft, the trial of the whole set."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from grids.routing.models import RoutingRule
from grids.routing.rules import Rule, compiled, stored
from grids.routing.services import DAYS, Trial, shown, try_out
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import pages as views

PAGE_SIZE = 50
LAST_PAGE = 10_000


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _days(request: HttpRequest) -> int:
    days = _number(request.GET.get("days", ""), DAYS[0])
    return days if days in DAYS else DAYS[0]


def _context(request: HttpRequest, trial: Trial, *, paged: bool = True) -> dict[str, Any]:
    """What ``grids/routing/_trial.html`` shows."""
    page = min(max(_number(request.GET.get("page", ""), 1), 1), LAST_PAGE) if paged else 1
    start = (page - 1) * PAGE_SIZE
    return {
        "trial": trial,
        "organisations": trial.organisations(),
        "rows": shown(trial.lines[start : start + PAGE_SIZE]),
        "spans": [(days, days == trial.days) for days in sorted(DAYS)] if paged else [],
        "page": page,
        "more": len(trial.lines) > start + PAGE_SIZE,
        "paged": paged,
        "ways": (("让位于更具体的规则", trial.stronger.items()), ("取代原来适用的规则", trial.displaced.items())),
    }


def _tried(request: HttpRequest, row: RoutingRule, *, paged: bool) -> dict[str, Any]:
    """The trial of one rule, stored or a draft, among the others; as if it were switched on."""
    focus = Rule.of(row)
    others = [other for other in stored() if other.pk != row.pk]
    rules = compiled([*others, row])
    trial = try_out(rules, user=request.user, days=_days(request), focus=focus)
    return _context(request, trial, paged=paged)


class RuleDetail(views.DetailPage):
    """A rule: what it says, its history, and its trial."""

    def context(self) -> dict[str, Any]:
        """See the base."""
        return {**super().context(), **_tried(self.request, self.obj, paged=True)}


class _Draft:
    """A form with a second button, 试算, that saves nothing."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save, or with ``trial`` show the form again and what the draft would do."""
        page: Any = self
        if "trial" not in request.POST:
            saved: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
            return saved
        label = str(page.obj or "")
        form = page.register.form(request.user, request.POST, page.obj)
        context = {"form": form, "label": label}
        if not form.is_valid():
            answer: HttpResponse = page.render(context, status=422)
            return answer
        tried: HttpResponse = page.render({**context, **_tried(request, form.instance, paged=False)})
        return tried


class RuleCreate(_Draft, views.CreatePage):
    """A new rule."""


class RuleEdit(_Draft, views.EditPage):
    """Another organisation, on or off."""


@require_safe
def trial(request: HttpRequest) -> HttpResponse:
    """The whole set on the issues of the last days."""
    require(request.user, Verb.ROUTING_VIEW)
    rules = compiled(stored())
    context = _context(request, try_out(rules, user=request.user, days=_days(request)))
    return render(request, "grids/routing/routing_trial.html", {**context, "has_rules": any(True for _rule in rules)})

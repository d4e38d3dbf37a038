"""当日清单: the issues of the desk under any filter, as a table to print (A4 across, the browser's own print)."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grids.issues.models import Light, Status
from grids.lists import listing
from grids.lists.issue_list import IssueList
from grids.places.finding import describe, own_place
from grids.places.names import names
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.papers import printed_words
from suzhou_portal.lib.registers.exports import record_export
from suzhou_portal.templatetags.portal import long_date, short_time

# Some twenty pages; who needs more reads it in Excel.
MOST_ROWS = 500
TEXT_LENGTH = 100
LIGHT_WORDS = dict(Light.choices)
STATUS_WORDS = dict(Status.choices)


def _query(request: HttpRequest) -> QueryDict:
    """The query string; a bare address asks for what was reported today."""
    if request.GET:
        return request.GET
    query = QueryDict(mutable=True)
    query["from"] = query["to"] = timezone.localdate().isoformat()
    return query


def office_words(user: Any) -> str:
    """Whose list it is: the district, the user's place, or their organisation; "" for an area leader.

    At most one query.
    """
    scope = user.scope_for(Verb.ISSUES_VIEW)
    if scope.district:
        return str(settings.DISTRICT_NAME)
    if place := own_place(user, Verb.ISSUES_VIEW):
        return describe(place)
    known = names().organisations
    return "、".join(known[key].name for key in sorted(scope.organisations) if key in known)


def title_of(issues: IssueList) -> str:
    """What the list is called: by its day, where it is the reports of one."""
    values = issues.filter.form.cleaned_data if issues.is_valid else {}
    first, last = values.get("from"), values.get("to")
    if first and first == last and not values.get("measure"):
        return f"{long_date(first)}网格事件清单"
    return "网格事件清单"


def shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``rows`` as the template writes them out: names and dates in words."""
    kept, now = names(), timezone.now()
    result = []
    for row in rows:
        text, category = row["text"], kept.categories.get(row["category_id"])
        result.append(
            {
                "number": row["number"],
                "place": listing.place_name(row, kept),
                "category": category.name if category else "",
                "text": f"{text[:TEXT_LENGTH]}…" if len(text) > TEXT_LENGTH else text,
                "holder": listing.holder_name(row, kept),
                "status": STATUS_WORDS[row["status"]],
                "light": LIGHT_WORDS.get(listing.light_of(row, now), ""),
                "created": short_time(row["created_at"]),
                "due": short_time(row["due_at"]),
                "closed": short_time(row["closed_at"]) if row["closed_at"] else "",
            }
        )
    return result


def sums_of(rows: list[dict[str, Any]]) -> str:
    """The line 合计: how many in all, per status in the order of the run, and how many of them late."""
    now = timezone.now()
    counted = Counter(row["status"] for row in rows)
    late = sum(listing.light_of(row, now) == Light.OVERDUE for row in rows)
    parts = [f"{label} {counted[status]}" for status, label in Status.choices if counted[status]]
    return f"{len(rows)} 件" + (f"（{'，'.join(parts)}），其中超期 {late} 件" if rows else "")


@never_cache
@require_safe
def day_list(request: HttpRequest) -> HttpResponse:
    """The page; who printed which list goes into the trail. 400 for a wrong filter and for too many rows."""
    require(request.user, Verb.ISSUES_VIEW)
    issues = IssueList(_query(request), request.user, request)
    rows: list[dict[str, Any]] = []
    if issues.is_valid:
        found = issues.rows.order_by(*issues.queue.order)
        rows = list(found.values(*listing.COLUMNS, text=Left("description", TEXT_LENGTH + 1))[: MOST_ROWS + 1])
    fine = issues.is_valid and len(rows) <= MOST_ROWS
    query = issues.canonical.urlencode()
    words = [f"{word['label']}：{word['value']}" for word in issues.words()] if issues.is_valid else []
    context: dict[str, Any] = {
        "issues": issues,
        "fine": fine,
        "most": MOST_ROWS,
        "title": title_of(issues),
        "words": [issues.queue.label, *words] if issues.queue.name != "all" else words,
        "date": long_date(timezone.localdate()),
        "printed": printed_words(request.user),
        "office": office_words(request.user),
        "back": f"{reverse('issue-list')}?{query}",
        "export": f"{reverse('issue-export')}?{query}",
    }
    if fine:
        context |= {"rows": shown(rows), "sums": sums_of(rows)}
        record_export(context["title"], len(rows), filters="、".join(context["words"]), kind="打印页", by=request.user)
    return render(request, "documents/day_list.html", context, status=200 if fine else 400)

"""The desk: queues with counts, the filtered list, its export."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from grids.bulk.services import BULKS
from grids.issues.models import Issue, IssueQuerySet, Light
from grids.lists import listing
from grids.lists.choices import filter_choices, organisation_options
from grids.lists.issue_list import EVER, IssueList
from grids.lists.queues import Queue, queues_of
from grids.places.names import names
from grids.saved.services import grouped, saved_filters
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.documents import sheets as spreadsheets
from suzhou_portal.lib.registers.exports import download, record_export
from suzhou_portal.lib.rows.counts import capped_counts, capped_text

COUNT_CAP = 1000
QUEUE_CAP = 999
COUNTED_QUEUES = ("todo", "deciding", "sent", "unreceived", "soon", "overdue", "supervised", "visits", "open")
EXPORT_CAP = 20_000


@dataclass(frozen=True)
class QueueLink:
    """A line of the narrow list at the left."""

    name: str
    label: str
    query: str
    count: str
    active: bool


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The desk; htmx gets the results alone from the same address, and the browser its tidy URL."""
    require(request.user, Verb.ISSUES_VIEW)
    issues = IssueList(_desk_query(request), request.user, request)
    fragment = bool(request.htmx) and not request.htmx.history_restore_request
    queues = [] if fragment else queues_of(request.user)
    counted = [queue for queue in queues if queue.name in COUNTED_QUEUES]
    queue_rows = [queue.rows(issues.base, request.user) for queue in counted]
    total, *counts = capped_counts([issues.rows, *queue_rows], COUNT_CAP)
    context = {
        "issues": issues,
        "words": issues.words(),
        "total": capped_text(total, COUNT_CAP),
        "query": issues.canonical.urlencode(),
        "may_keep": request.user.can(Verb.ISSUES_KEEP),
        "bulks": BULKS.values(),
        "may_report": request.user.can(Verb.ISSUES_REPORT),
        "ever": EVER,
        **_page(request, issues),
    }
    if fragment:
        response = render(request, "grids/desk/_issue_rows.html", context)
        response["HX-Push-Url"] = f"{request.path}?{context['query']}".rstrip("?")
    else:
        saved = saved_filters(request.user)
        context |= {
            "queues": _queue_links(queues, counted, counts, issues),
            "saved": saved,
            "saved_groups": grouped(saved),
            "choices": filter_choices(request.user, issues.query, issues.organisation),
        }
        response = render(request, "grids/desk/issue_list.html", context, status=200 if issues.is_valid else 400)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _desk_query(request: HttpRequest) -> QueryDict:
    """The query string with its queue named: a bare address opens what waits for the user, or what is open."""
    query = request.GET.copy()
    if not query.get("queue"):
        query["queue"] = "all" if request.GET else queues_of(request.user)[0].name
    return query


def _page(request: HttpRequest, issues: IssueList) -> dict[str, Any]:
    """The rows of the page that was asked for, and the ways to its neighbours."""
    position = {name: request.GET.get(name, "") for name in ("after", "before")}
    try:
        page = listing.page_of(
            issues.rows,
            issues.queue.order,
            after_text=position["after"],
            before_text=position["before"],
            whole=bool(issues.searched),
        )
    except listing.BadPosition as error:
        raise BadRequest("翻页位置无效，请从第一页重新开始。") from error
    query = issues.canonical.copy()
    for name, value in position.items():
        if value:
            query[name] = value
    scope = request.user.scope_for(Verb.ISSUES_VIEW)
    one_community = not (scope.district or scope.streets) and len(scope.communities) <= 1
    visiting = issues.queue.name == "visits"
    rows = listing.shown(page.rows, query=query.urlencode(), community_known=one_community, visiting=visiting)
    if issues.searched:
        listing.mark(rows, page.rows, issues.searched)
    return {
        "rows": rows,
        "table_rows": listing.table_rows(rows, checkable=request.user.can(Verb.ISSUES_KEEP)),
        "newer": page.newer,
        "older": page.older,
        "first_page": not any(position.values()),
    }


def _queue_links(queues: list[Queue], counted: list[Queue], counts: list[int], issues: IssueList) -> list[QueueLink]:
    found = {queue.name: capped_text(count, QUEUE_CAP) for queue, count in zip(counted, counts, strict=True)}
    searched = f"&{urlencode({'q': issues.query['q']})}" if issues.searched else ""
    return [
        QueueLink(
            queue.name,
            queue.label,
            f"?queue={queue.name}{searched}",
            found.get(queue.name, ""),
            issues.is_valid and queue.name == issues.filter.chosen_queue,
        )
        for queue in queues
    ]


@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """Organisations for the filter's combobox: ``?q=`` by name or pinyin, in scope."""
    require(request.user, Verb.ISSUES_VIEW)
    return organisation_options(request.GET.get("q", "")[:60], request.user)


# --- export -----------------------------------------------------------------------------------

HEADERS = (
    *("编号", "街道", "社区", "网格", "分类", "情况", "具体位置", "程度", "来源", "层级", "状态", "办理方", "时限"),
    *("上报时间", "办理期限", "办结时间"),
)
LABELS = {name: dict(Issue._meta.get_field(name).choices) for name in ("severity", "source", "level", "status")}


def _cells(rows: IssueQuerySet) -> Iterator[list[Any]]:
    kept, now = names(), timezone.now()
    columns = (*listing.COLUMNS, "description", "address", "severity", "source", "level")
    lights = dict(Light.choices)
    for row in rows.values(*columns).iterator(chunk_size=2000):
        times = [row[name] for name in ("created_at", "due_at", "closed_at")]
        yield [
            row["number"],
            *(
                table[key].name if key in table else ""
                for table, key in ((kept.streets, row["street_id"]), (kept.communities, row["community_id"]))
            ),
            listing.grid_name(row),
            kept.categories[row["category_id"]].name,
            row["description"],
            row["address"],
            *(LABELS[name][row[name]] for name in ("severity", "source", "level", "status")),
            listing.holder_name(row, kept),
            lights.get(listing.light_of(row, now), ""),
            *(f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else "" for moment in times),
        ]


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The filtered rows as a workbook; who exported what, when and how many goes into the trail."""
    require(request.user, Verb.ISSUES_VIEW)
    issues = IssueList(request.GET, request.user, request)
    if not issues.is_valid:
        raise BadRequest("筛选条件有误，不能导出。")
    (count,) = capped_counts([issues.rows], EXPORT_CAP)
    if count > EXPORT_CAP:
        raise BadRequest(f"超过 {EXPORT_CAP:,} 件，请缩小范围后分次导出。")
    words = "、".join(f"{word['label']}：{word['value']}" for word in issues.words())
    words = "、".join(filter(None, [issues.queue.label, words]))
    notes = record_export("网格事件", count, filters=words, kind="xlsx", by=request.user)
    file = spreadsheets.write_xlsx(HEADERS, _cells(issues.rows.order_by(*issues.queue.order)), notes=notes)
    return download(file, f"网格事件{timezone.localdate():%Y%m%d}.xlsx")

"""``/api/v1/issues/`` and ``/api/v1/places/``."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import include, path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from grids.clock.api import clock_answer, clock_key, clock_requests
from grids.entry.api import ReportSerializer
from grids.issues.family import Family, family_of
from grids.issues.models import Issue, Source
from grids.issues.reach import is_unreceived
from grids.issues.rights import levels_held
from grids.issues.services import report_issue
from grids.issues.workflow import WORKFLOW, sentence_of
from grids.lists.filters import IssueFilter
from grids.page.papers import papers_of
from grids.page.schema import ActionRequestSerializer, IssueDetailSerializer, IssueSerializer
from grids.places.names import Names, forget, grids_named, names
from grids.routing.why import rule_words
from grids.searching.highlighting import pieces_of, plain
from grids.supervision.papers import letters_of
from grids.visits.api import visit_answer
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.api.answers import ScopedViewSet, refuse_unknown_parameters
from suzhou_portal.lib.api.versions import versioned
from suzhou_portal.lib.cases.papers import Paper
from suzhou_portal.lib.cases.papers_rest import PapersMixin
from suzhou_portal.lib.cases.rest import ActionsMixin
from suzhou_portal.lib.registers.panels import panel_answers
from suzhou_portal.lib.text.search import Search

# Of an issue that has just been reported.
NO_RELATIVES: dict[str, Any] = {"merged_into": None, "parts": [], "duplicates": [], "supervisions": []}


class IssueRow(NamedTuple):
    """The columns of an issue that answers are made of; its fields are names of the model's columns."""

    id: int
    number: str
    street_id: int
    community_id: int | None
    grid_id: int | None
    category_id: int
    description: str
    address: str
    severity: str
    source: str
    level: str
    status: str
    holder: str
    organisation_id: int | None
    reporter_id: int
    created_at: datetime
    warn_at: datetime
    due_at: datetime
    closed_at: datetime | None
    version: int
    parent_id: int | None
    division: str
    supervised_level: str
    step_due_at: datetime | None
    extensions: int
    suspended_at: datetime | None
    suspended_until: datetime | None
    asked_kind: str
    asked_level: str
    accepted_at: datetime | None
    escalated_at: datetime | None
    visit_until: datetime | None
    visit_attempts: int
    visited_at: datetime | None
    visit_responded: bool
    visit_resolved: bool
    visit_satisfaction: str

    @property
    def is_part(self) -> bool:
        """See ``Issue.is_part``."""
        return self.parent_id is not None

    @classmethod
    def of(cls, issue: Issue) -> "IssueRow":
        """The row of a model instance."""
        return cls._make(getattr(issue, name) for name in cls._fields)


def answers(rows: list[IssueRow]) -> Iterable[dict[str, Any]]:
    """``rows`` as the API answers them, without events and actions: places, category and organisation
    by code, with their names beside.
    """
    known, now = names_for(rows), timezone.now()
    grids = grids_named({row.grid_id for row in rows if row.grid_id})
    zone = timezone.get_default_timezone()
    for row in rows:
        street = known.streets[row.street_id]
        community = known.communities[row.community_id] if row.community_id else None
        grid = grids[row.grid_id] if row.grid_id else None
        category = known.categories[row.category_id]
        organisation = known.organisations[row.organisation_id] if row.organisation_id else None
        place = " ".join([part.name for part in (street, community, grid) if part])
        yield {
            "id": row.id,
            "number": row.number,
            "street": street.code,
            "community": community.code if community else None,
            "grid": grid.code if grid else None,
            "place_name": place,
            "category": category.code,
            "category_name": category.name,
            "description": row.description,
            "address": row.address,
            "severity": row.severity,
            "source": row.source,
            "level": row.level,
            "status": row.status,
            "holder": row.holder or None,
            "organisation": organisation.code if organisation else None,
            "organisation_name": organisation.name if organisation else None,
            **clock_answer(row, now, zone),
            "created_at": row.created_at.astimezone(zone),
            "closed_at": row.closed_at.astimezone(zone) if row.closed_at else None,
            "version": row.version,
            # The number of a part begins with that of its whole.
            "parent": row.number.rpartition("-")[0] if row.is_part else None,
            "division": row.division or None,
            "supervised_level": row.supervised_level or None,
            "visit": visit_answer(row, zone),
        }


def names_for(rows: list[IssueRow]) -> Names:
    """The kept names; read anew when a row stands on something that came after them."""
    known = names()
    for row in rows:
        if (
            row.street_id not in known.streets
            or (row.community_id and row.community_id not in known.communities)
            or row.category_id not in known.categories
            or (row.organisation_id and row.organisation_id not in known.organisations)
        ):
            forget()
            return names()
    return known


def answer_of(issue: Issue) -> dict[str, Any]:
    """One issue, as :func:`answers` makes it."""
    (answer,) = answers([IssueRow.of(issue)])
    return answer


def action_key(user: Any) -> Callable[[IssueRow], tuple[Any, ...]]:
    """Rows with the same key have the same available actions for ``user``: all that rights and clocks ask."""
    now = timezone.now()
    handle = user.scope_for(Verb.ISSUES_HANDLE)
    keep, void, walk = (user.scope_for(verb) for verb in (Verb.ISSUES_KEEP, Verb.ISSUES_VOID, Verb.PATROLS_WALK))
    scopes = dict.fromkeys([handle, keep, void])

    def key(row: IssueRow) -> tuple[Any, ...]:
        return (
            row.status,
            row.level,
            row.holder,
            row.grid_id is None,
            row.community_id is None,
            row.is_part,
            row.division,
            row.supervised_level,
            row.accepted_at is None,
            row.escalated_at is None,
            *clock_key(row, now),
            row.organisation_id in handle.organisations,
            row.reporter_id == user.pk,
            row.source == Source.PATROL and row.grid_id in walk.grids,
            *[levels_held(scope, row) for scope in scopes],
        )

    return key


class EventRow(NamedTuple):
    """The columns of a step that answers are made of."""

    at: datetime
    actor: str | None
    action: str
    from_status: str
    to_status: str
    to_level: str
    code: str | None
    name: str | None
    short_name: str | None
    note: str
    number: str
    rule: int | None

    @property
    def organisation(self) -> str:
        """The organisation's name, for the step's sentence."""
        return self.short_name or self.name or ""


def timeline(family: Family) -> list[dict[str, Any]]:
    """The steps of an issue, its parts and duplicates, the newest last; one query, or two when rules were followed."""
    columns = ("at", "actor__name", "action", "from_status", "to_status", "to_level")
    named = ("organisation__code", "organisation__name", "organisation__short_name", "note", "issue__number", "rule")
    steps = list(map(EventRow._make, family.events().values_list(*columns, *named)))
    rules = rule_words(step.rule for step in steps)
    return [
        {
            "at": timezone.localtime(step.at),
            "actor": step.actor,
            "action": step.action,
            "from": step.from_status or None,
            "to": step.to_status,
            "organisation": step.code,
            "note": step.note,
            "sentence": sentence_of(step),
            "issue": step.number,
            "rule": f"{rules[step.rule]} → {step.organisation}" if step.rule else None,
        }
        for step in steps
    ]


def relatives(family: Family, user: Any) -> dict[str, Any]:
    """What the detail answers besides: whole, parts, duplicates, and the letters that ``user`` may see; one query."""
    letters = letters_of(family.issue, user)
    return {
        "merged_into": family.main.number if family.main else None,
        "parts": [{"number": row.number, "status": row.status} for row in family.parts],
        "duplicates": [row.number for row in family.duplicates],
        "supervisions": list(letters.values_list("number", flat=True)),
    }


ISSUE_ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="id 或编号")
ACTION_NAME = OpenApiParameter(
    "action", str, OpenApiParameter.PATH, enum=list(WORKFLOW.by_action), description="取自 available_actions"
)


@extend_schema_view(
    list=extend_schema(operation_id="issues_list"),
    retrieve=extend_schema(operation_id="issues_retrieve", parameters=[ISSUE_ID], responses=IssueDetailSerializer),
    create=extend_schema(
        operation_id="issues_create",
        summary="上报网格事件",
        request=ReportSerializer,
        responses={201: IssueDetailSerializer},
    ),
    act=extend_schema(
        operation_id="issues_act",
        parameters=[ISSUE_ID, ACTION_NAME],
        request=ActionRequestSerializer,
        responses=IssueDetailSerializer,
    ),
    documents=extend_schema(operation_id="issues_documents", summary="网格事件的文书", parameters=[ISSUE_ID]),
    document=extend_schema(operation_id="issues_document", summary="下载文书", parameters=[ISSUE_ID]),
)
class IssueViewSet(PapersMixin, ActionsMixin, ScopedViewSet):
    """Issues: list, one by id or number, report, act."""

    model = Issue
    workflow = WORKFLOW
    view_verb = Verb.ISSUES_VIEW
    edit_verb = Verb.ISSUES_REPORT
    keyset = ("-created_at", "-id")
    filterset_class = IssueFilter
    serializer_class = IssueSerializer
    lookup_url_kwarg = "id"

    def lookup(self, rows: Any, value: str) -> Issue | None:
        """By id, or by number."""
        if value.isascii() and value.isdecimal():
            return rows.filter(pk=int(value)).first() if len(value) <= 18 else None
        return rows.filter(number=value).first()

    def papers_of(self, row: Issue) -> list[Paper]:
        """See ``grids.page.papers``."""
        return papers_of(row, letters_of(row, self.request.user))

    def documents_root(self, row: Issue) -> str:
        """See the base."""
        return f"/api/v1/issues/{row.pk}/documents/"

    @staticmethod
    def keyset_position(row: Any) -> Any:
        """For the pagination: the rows of the list are tuples."""
        return [row[IssueRow._fields.index("created_at")], row[0]]

    def list(self, request: Request) -> Response:
        """A page of the issues in scope, the newest first."""
        rows = self.filter_queryset(self.get_queryset()).values_list(*IssueRow._fields)
        page = [IssueRow._make(row) for row in self.paginate_queryset(rows)]
        known: dict[Any, Any] = {}
        result, key_of = list(answers(page)), action_key(request.user)
        for row, answer in zip(page, result, strict=True):
            key = key_of(row)
            if key not in known:
                known[key] = self.action_names(row)
            answer["available_actions"] = known[key]
        if words := Search.of(request.query_params.get("q", "")).words:
            shown = (f"{answer['number']} {answer['category_name']} {answer['place_name']}" for answer in result)
            pieces = pieces_of(zip(page, shown, strict=True), words)
            for answer in result:
                answer["highlight"] = plain(pieces[answer["id"]])
        return self.get_paginated_response(result)

    def retrieve(self, request: Request, id: str) -> Response:
        """One issue with its timeline."""
        refuse_unknown_parameters(request, frozenset())
        return versioned(request, self.represent(self.get_object()))

    def create(self, request: Request) -> Response:
        """Report an issue; answers it, with the address of its own in ``Location``.

        Choices of the actions' inputs are left out: hundreds of issues are
        reported for one whose actions are taken from this answer.
        """
        serializer = ReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        issue = report_issue(serializer.report(request.user), by=request.user)
        location = request.build_absolute_uri(f"/api/v1/issues/{issue.pk}/")
        alone = Family(issue)
        answer = {
            **answer_of(issue),
            "available_actions": self.brief_actions(issue),
            "events": timeline(alone),
            **NO_RELATIVES,
            "clock_requests": [],
            "holder_unattended": is_unreceived(issue),
            "panels": {},
        }
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": location})

    def represent(self, row: Issue) -> dict[str, Any]:
        """One issue with its actions, their choices, and its timeline."""
        family = family_of(row, self.request.user)
        return {
            **answer_of(row),
            "available_actions": self.available_actions(row),
            "events": timeline(family),
            **relatives(family, self.request.user),
            "clock_requests": clock_requests(row),
            "holder_unattended": is_unreceived(row),
            "panels": panel_answers(row, self.request.user),
        }


router = SimpleRouter()
router.register("issues", IssueViewSet, basename="api-issue")
urlpatterns = [
    path("", include(router.urls)),
]

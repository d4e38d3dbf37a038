"""Registers of 调处化解: the disputes, and the catalogue of their kinds."""

from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from grids.mediation.models import (
    COUNTED_OUTCOMES,
    OPEN_STATUSES,
    DisputeKind,
    Mediation,
    MediationStatus,
)
from grids.mediation.papers import papers_of
from grids.mediation.related import issues_of
from grids.mediation.services import SERIES, at_hand, draft, keepers, remind
from grids.mediation.views import MediationPage
from grids.mediation.workflow import MEDIATING, may_handle
from grids.places.filters import BelowFilter
from grids.places.forms import PlacedForm
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case, Due, Paper, Wait
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.filters import PeriodFilter, yes_no_filter
from suzhou_portal.lib.registers.tables import Computed


@site.register
class DisputeKindRegister(Register):
    """纠纷类型: the platform's default, which the district edits."""

    model = DisputeKind
    name = "dispute-kinds"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = "code"
    columns = ("code", "name", "is_active")
    filters = ("is_active",)
    search = ("name", "code")
    fields = ("code", "name", "is_active")
    create_only = ("code",)
    import_key = "code"
    pickable = Q(is_active=True)


RUNNING = Q(concluded_at=None)


class MediationFilter(BelowFilter, PeriodFilter):
    """By how it ended, and when (``from``, ``to``)."""

    period_field = "concluded_at"
    running = yes_no_filter(method="only_running", label="在办")
    counted = yes_no_filter(method="only_counted", label="计入成功率")
    overdue = yes_no_filter(method="only_overdue", label="超期")

    def only_running(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Rows that have not ended (True) or have (False)."""
        running = Q(status__in=sorted(OPEN_STATUSES))
        return rows.filter(running) if value else rows.exclude(running)

    def only_counted(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Ended as 成功 or 不成 (True), or not (False)."""
        counted = Q(outcome__in=sorted(COUNTED_OUTCOMES))
        return rows.filter(counted) if value else rows.exclude(counted)

    def only_overdue(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Running and past the limit (True), or not (False)."""
        late = Q(concluded_at=None, due_at__lte=timezone.now())
        return rows.filter(late) if value else rows.exclude(late)


@site.register
class MediationCase(Case):
    """调处化解: disputes by kind and place, with parties that are named by what they are alone."""

    model = Mediation
    name = "mediations"
    view_verb, edit_verb = Verb.MEDIATIONS_VIEW, Verb.MEDIATIONS_REPORT
    key = "number"
    title_column = "number"
    columns = ("number", "kind", "parties", "where", "status", "result", "light", "registered_at")
    more_columns = (
        *("street", "community", "grid", "due_at", "sessions_held", "agreement", "concluded_at", "followed_at"),
        *("kept", "archived_at", "registered_by"),
    )
    details = ("kind", "parties", "where", "summary", "registered_by", "registered_at")
    computed = {
        "parties": Computed("当事人", lambda row: row.parties),
        "where": Computed("地点", lambda row: " ".join(filter(None, [str(row.community or row.street), _grid(row)]))),
        "result": Computed("结果", lambda row: row.get_outcome_display(), order="outcome"),
    }
    filters = ("street", "community", "grid", "kind", "status", "outcome")
    filterset_class = MediationFilter
    found_by = ("number",)
    search = ("number", "summary", "community__name", "community__pinyin")
    fields = ("community", "grid", "kind", "party_a", "party_b", "party_c", "summary")
    create_only = ("community", "grid")
    form_class = PlacedForm
    adding = "登记纠纷"
    workflow, series = MEDIATING, SERIES
    creator, once = "registered_by", "submission_key"
    routes = {**Case.routes, "act": "<str:key>/act/<slug:action>/"}
    text = "summary"
    due = Due(running=RUNNING, remind=remind, warns=False)
    waits = (
        Wait("accept", "待受理的纠纷", "件", partial(at_hand, rows=lambda: Q(status=MediationStatus.REGISTERED))),
        Wait("overdue", "超期的调处", "件", partial(at_hand, rows=lambda: RUNNING & Q(due_at__lte=timezone.now()))),
    )
    views = {**Case.views, "detail": MediationPage, "import": None, "import-errors": None, "template": None}

    def queryset(self) -> Any:
        """With the grid above, which tells one 1号楼 from another."""
        return super().queryset().select_related("grid__parent")

    def may_change(self, user: Any, obj: Any) -> bool:
        """Who mediates, while it runs; until it is accepted also whoever registered it."""
        if not obj.is_open or not self.may_edit(user):
            return False
        return may_handle(obj, user) or (obj.status == "registered" and obj.registered_by_id == user.pk)

    def papers_of(self, row: Mediation, user: Any) -> list[Paper]:
        """See ``papers``."""
        return papers_of(row)

    def answer(self, row: Mediation, user: Any) -> dict[str, Any]:
        """Who mediates, the talks, the issues that belong to it."""
        talks = row.sessions.prefetch_related("mediators__post", "mediators__organisation")
        return {
            "mediators": [str(m) for m in row.mediators.filter(session=None).select_related("post")],
            "sessions": [
                {
                    "held_on": talk.held_on,
                    "said": talk.said,
                    "next_step": talk.next_step,
                    "mediators": list(dict.fromkeys(map(str, talk.mediators.all()))),
                }
                for talk in talks
            ],
            "issues": [{"number": link.issue.number, "how": link.how} for link in issues_of(row, user)],
        }

    def begin(self, values: dict[str, Any], *, by: Any) -> Mediation:
        """See :func:`~grids.mediation.services.draft`."""
        return draft(by=by, **values)

    def next_up(self, row: Mediation) -> dict[str, Any]:
        """Those who mediate there."""
        return keepers(row)

    def begun_words(self, row: Mediation) -> str:
        """What kind of dispute it is."""
        return f"登记纠纷：{row.kind.name}"


def _grid(row: Mediation) -> str:
    return row.grid.full_name if row.grid else ""

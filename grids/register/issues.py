"""Registers of what belongs to an issue: requests about its clock, letters, visits. Made on its page."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from grids.models import (
    ClockRequest,
    ReturnVisit,
    Supervision,
)
from grids.models.issues import Holder
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Link, Register, site
from suzhou_portal.lib.registers.filters import RegisterFilterSet, yes_no_filter
from suzhou_portal.lib.registers.tables import Computed


@site.register
class ClockRequestRegister(Register):
    """延期、挂账的申请和审批: made and decided on the issue's page, never edited."""

    model = ClockRequest
    name = "clock-requests"
    view_verb = Verb.ISSUES_VIEW
    title_column = "what"
    columns = ("issue", "what", "asked_by", "requested_at", "level", "decision", "decided_at")
    more_columns = ("reason", "note", "ended_at")
    details = (
        *("issue", "what", "reason", "asked_by", "requested_by", "requested_at", "level", "decision"),
        *("decided_by", "decided_at", "note", "ended_at"),
    )
    computed = {
        "what": Computed("申请", lambda row: row.words, order="kind"),
        "asked_by": Computed("申请方", lambda row: str(row.organisation or Holder(row.asker).label), order="asker"),
    }
    filters = ("kind", "level", "decision")
    search = ("issue__number",)

    def queryset(self) -> Any:
        """With the organisation that asked."""
        return super().queryset().select_related("organisation")

    def links(self, obj: ClockRequest, user: Any) -> list[Link]:
        """The way to the issue."""
        return [Link("查看事件", obj.issue.get_absolute_url())]


class SupervisionFilter(RegisterFilterSet):
    """By whether a reply is awaited."""

    waiting = yes_no_filter(method="only_waiting", label="待回复")

    def only_waiting(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Letters that wait for their reply (True) or not (False)."""
        waiting = Q(replied_at=None, withdrawn_at=None)
        return rows.filter(waiting) if value else rows.exclude(waiting)


@site.register
class SupervisionRegister(Register):
    """督办单. Sent, answered and withdrawn on the issue's page, never edited."""

    model = Supervision
    name = "supervisions"
    view_verb = Verb.ISSUES_VIEW
    key = "number"
    title_column = "number"
    columns = ("number", "issue", "level", "to", "community", "issued_at", "due_at", "state")
    more_columns = ("street", "grid", "replied_at", "promised_on")
    details = (
        *("number", "issue", "level", "to", "street", "community", "grid", "issued_at", "issued_by", "reason"),
        *("demand", "due_at", "state", "reply", "promised_on", "replied_by", "replied_at"),
    )
    computed = {
        "to": Computed("督办对象", lambda row: str(row.organisation or row.get_addressee_display()), order="addressee"),
        "state": Computed("状态", lambda row: row.state),
    }
    filters = ("street", "community", "level", "organisation", "waiting")
    filterset_class = SupervisionFilter
    search = ("number", "issue__number")

    def queryset(self) -> Any:
        """With the organisation that it asks."""
        return super().queryset().select_related("organisation")

    def links(self, obj: Supervision, user: Any) -> list[Link]:
        """The ways to the issue and to the letter on paper."""
        return [
            Link("查看事件", obj.issue.get_absolute_url()),
            Link("打印督办单", reverse("issue-document", args=[obj.issue.number, obj.number]), "printer"),
        ]


@site.register
class ReturnVisitRegister(Register):
    """回访记录. Recorded on the issue's page, never changed."""

    model = ReturnVisit
    name = "return-visits"
    view_verb = Verb.ISSUES_VIEW
    title_column = "at"
    columns = ("at", "issue", "community", "reached", "responded", "resolved", "satisfaction", "note", "by")
    more_columns = ("street", "grid")
    filters = ("street", "community", "reached", "responded", "resolved", "satisfaction")
    search = ("issue__number", "note")

    def links(self, obj: ReturnVisit, user: Any) -> list[Link]:
        """The way to the issue."""
        return [Link("查看事件", obj.issue.get_absolute_url())]

"""The register of requests about the clock of an issue: made and decided on its page."""

from typing import Any

from grids.clock.models import ClockRequest
from grids.issues.models import Holder
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Link, Register, site
from suzhou_portal.lib.registers.tables import Computed


@site.register
class ClockRequestRegister(Register):
    """延期、挂账的申请和审批: made and decided on the issue's page, never edited."""

    model = ClockRequest
    name = "clock-requests"
    view_verb = Verb.ISSUES_VIEW
    title_column = "what"
    columns = ("issue", "what", "asked_by", "requested_at", "level", "decision")
    more_columns = ("reason", "decided_at", "note", "ended_at")
    details = (
        *("reason", "asked_by", "requested_by", "requested_at", "level", "decision"),
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

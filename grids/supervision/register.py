"""The register of 督办单."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from grids.issues.models import held_by
from grids.issues.rights import acting_scope
from grids.supervision.models import UNANSWERED, Supervision
from grids.supervision.services import remind_of
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Awaited, Due, Wait
from suzhou_portal.lib.registers import Link, site
from suzhou_portal.lib.registers.filters import Condition
from suzhou_portal.lib.registers.tables import Computed


def to_answer(user: Any) -> Q | None:
    """Letters to those for whom ``user`` acts; None: for nobody."""
    scope = acting_scope(user)
    return UNANSWERED & held_by(scope, "addressee") if scope else None


@site.register
class SupervisionRegister(Awaited):
    """督办单. Sent, answered and withdrawn on the issue's page, never edited."""

    model = Supervision
    name = "supervisions"
    view_verb = Verb.ISSUES_VIEW
    key = "number"
    title_column = "number"
    columns = ("number", "issue", "to", "community", "due_at", "state")
    more_columns = ("level", "issued_at", "street", "grid", "replied_at", "promised_on")
    details = (
        *("number", "issue", "level", "to", "street", "community", "grid", "issued_at", "issued_by", "reason"),
        *("demand", "due_at", "state", "reply", "promised_on", "replied_by", "replied_at", "settled_at"),
    )
    computed = {
        "to": Computed("督办对象", lambda row: str(row.organisation or row.get_addressee_display()), order="addressee"),
        "state": Computed("状态", lambda row: row.state),
    }
    filters = ("street", "community", "level", "organisation", "unanswered")
    open_filters = ("waiting", "unanswered", "organisation", "community")
    conditions = {"unanswered": Condition("待回复", UNANSWERED)}
    waits = (Wait("reply", "待回复的督办单", "份", to_answer, step="书面回复"),)
    told_by, acted_at = "reason", ("/issues/", "issue__number")
    due = Due(running=UNANSWERED, remind=remind_of, warns=False)
    found_by = ("number",)
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

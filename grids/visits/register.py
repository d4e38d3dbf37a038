"""The register of 回访记录."""

from typing import Any

from grids.visits.models import ReturnVisit
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Link, Register, site
from suzhou_portal.lib.registers.tables import Computed


@site.register
class ReturnVisitRegister(Register):
    """回访记录. Recorded on the issue's page, never changed."""

    model = ReturnVisit
    name = "return-visits"
    view_verb = Verb.ISSUES_VIEW
    title_column = "at"
    columns = ("at", "issue", "community", "heard", "note", "by")
    more_columns = ("reached", "responded", "resolved", "satisfaction", "street", "grid")
    computed = {
        "heard": Computed(
            "结果", lambda visit: visit.words, tells=("reached", "responded", "resolved", "satisfaction"), words=True
        )
    }
    filters = ("satisfaction", "resolved", "responded", "reached", "street", "community")
    search = ("issue__number", "note")

    def called(self, obj: ReturnVisit) -> str:
        """Of which issue."""
        return f"{obj.issue} 的回访"

    def links(self, obj: ReturnVisit, user: Any) -> list[Link]:
        """The way to the issue."""
        return [Link("查看事件", obj.issue.get_absolute_url())]

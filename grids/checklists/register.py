"""The register of versions of the 十查 list."""

from typing import Any

from django.db.models import QuerySet, Subquery
from django.utils import timezone

from grids.checklists import services as checklists
from grids.checklists.forms import ChecklistForm
from grids.checklists.models import PatrolChecklist
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed

CURRENT, COMING, FORMER = "现行", "未起用", "历史"


def current_number() -> QuerySet:
    """The number of the version in force, as a subquery."""
    return PatrolChecklist.objects.begun().values("number")[:1]  # unscoped: reference data


def checklist_state(row: Any) -> str:
    """现行, 历史 or 未起用."""
    if row.number == row.current:
        return CURRENT
    return COMING if row.starts > timezone.localdate() else FORMER


@site.register
class PatrolChecklistRegister(Register):
    """十查清单: its versions. A new one begins with the text of the last; none is ever changed."""

    model = PatrolChecklist
    name = "patrol-checklists"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = "number"
    title_column = "title"
    columns = ("title", "starts", "state", "note")
    details = ("title", "starts", "state", "content", "note")
    computed = {
        "title": Computed("清单", str, order="number"),
        "state": Computed("状态", checklist_state),
    }
    fields = ("starts", "content", "note")
    form_class = ChecklistForm
    views = {**Register.views, "edit": None, "import": None, "import-errors": None, "template": None}

    def queryset(self) -> Any:
        """With the number of the version in force."""
        return super().queryset().annotate(current=Subquery(current_number()))

    def may_change(self, user: Any, obj: Any) -> bool:
        """Never: a new version takes its place."""
        return False

    def find(self, user: Any, key: str) -> Any:
        """By its number."""
        return super().find(user, key) if key.isascii() and key.isdecimal() and len(key) < 9 else None

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Publish the version with its items."""
        return self.kept(lambda: checklists.publish(PatrolChecklist(**values), by=by, reason=reason), by)

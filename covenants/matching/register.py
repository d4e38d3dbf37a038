"""需求清单: what communities need, each with the offers that fit."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import URLPattern, path

from covenants.lists.forms import NeedForm
from covenants.lists.models import Need
from covenants.lists.register import AMOUNT, PERIOD
from covenants.lists.services import NEED_NUMBERS
from covenants.lists.waits import CLAIM
from covenants.lists.workflow import NEEDS
from covenants.matching.services import needs_for
from covenants.matching.views import FittingPage, NeedActPage, NeedPage, TakeUpPage
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case
from suzhou_portal.lib.cases.waiting import Line
from suzhou_portal.lib.registers import Link, site
from suzhou_portal.lib.registers.filters import Condition
from suzhou_portal.lib.registers.tables import Computed


@site.register
class NeedRegister(Case):
    """需求清单: raised by communities, streets and grid leaders; open ones stand before all units."""

    model = Need
    name = "needs"
    view_verb, edit_verb = Verb.COVENANTS_VIEW, Verb.NEEDS_RAISE
    key = "number"
    title_column = "title"
    columns = ("number", "title", "kind", "amount", "community", "status")
    more_columns = ("organisation", "created_at", "street", "grid", "period", "issue_number")
    computed = {
        "amount": AMOUNT,
        "period": PERIOD,
        "issue_number": Computed("网格事件", lambda need: need.issue.number if need.issue else ""),
    }
    details = (
        *("number", "kind", "description", "amount", "period", "street", "community", "grid", "status"),
        *("organisation", "created_at", "created_by", "met_at", "reason"),
    )
    filters = ("street", "community", "grid", "kind", "status", "organisation", "from_issue")
    open_filters = ("waiting", "status", "kind", "community")
    period = "created_at"
    conditions = {"from_issue": Condition("来自事件", Q(issue__isnull=False))}
    waits = (CLAIM,)
    form_class = NeedForm
    adding = "发布需求"
    found_by = ("number", "title")
    search = ("number", "title", "description")
    fields = (
        *("kind", "title", "description", "quantity", "unit", "begins", "ends"),
        *("street", "community", "grid"),
    )
    together = (("quantity", "unit"), ("begins", "ends"), ("street", "community", "grid"))
    create_only = ("street", "community", "grid")
    optional = {"street": "选了社区或网格的，自动填写。"}
    joined = ("issue",)
    workflow, series, creator = NEEDS, NEED_NUMBERS, "created_by"
    views = {**Case.views, "detail": NeedPage, "act": NeedActPage, "take": TakeUpPage, "fitting": FittingPage}

    def more_lines(self, user: Any) -> list[Line]:
        """Open needs that the offers of the user's unit fit."""
        fitting = needs_for(user)
        return [Line("适合本单位的需求", str(len(fitting)), "项", f"{self.list_url}fitting/")] if fitting else []

    def may_change(self, user: Any, obj: Any) -> bool:
        """While nobody has taken it up."""
        return obj.is_open and super().may_change(user, obj)

    def begin(self, values: dict[str, Any], *, by: Any) -> Any:
        """See the base; somewhere."""
        if not any(values.get(name) for name in ("street", "community", "grid")):
            raise ValidationError({"community": "请选择社区；街道的需求选街道。"})
        return super().begin(values, by=by)

    def update(self, obj: Any, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = "") -> Any:
        """While nobody has taken it up, whoever asks."""

        @transaction.atomic
        def save() -> Any:
            if not Need.objects.select_for_update(of=("self",)).get(pk=obj.pk).is_open:
                raise ValidationError("需求已被认领或已撤回，不能再修改。")
            return super(NeedRegister, self).update(obj, values, by=by, version=version, reason=reason)

        return save()

    def urls(self) -> list[URLPattern]:
        """With the page of what fits a unit, and the step of taking up."""
        base = f"{self.app}/{self.name}/"
        return [
            path(f"{base}fitting/", self.views["fitting"].as_view(register=self), name="needs-fitting"),
            path(f"{base}<str:key>/take/", self.views["take"].as_view(register=self), name="needs-take"),
            *super().urls(),
        ]

    def links(self, obj: Any, user: Any) -> list[Link]:
        """The way to the issue that it came from, for those who see it."""
        if obj.issue_id and type(obj.issue).objects.visible_to(user, Verb.ISSUES_VIEW).filter(pk=obj.issue_id).exists():
            return [Link(f"查看事件 {obj.issue.number}", obj.issue.get_absolute_url())]
        return []

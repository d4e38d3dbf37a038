"""The register of step limits."""

from grids.limits.models import StepLimit
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed


@site.register
class StepLimitRegister(Register):
    """环节时限, per category and step. Issues take them up with the step that begins next."""

    model = StepLimit
    name = "step-limits"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    title_column = "step"
    columns = ("applies_to", "step", "limit", "unit", "is_active", "note")
    details = columns
    computed = {"applies_to": Computed("适用分类", lambda row: str(row.category or "所有分类"), order="category__code")}
    filters = ("category", "step", "is_active")
    fields = ("category", "step", "limit", "unit", "is_active", "note")
    together = (("limit", "unit"),)
    create_only = ("category", "step")

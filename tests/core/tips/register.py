"""线索 and 走访."""

from typing import Any

from django.db.models import Q
from scratch.tips.models import Status, Tip, Visit
from scratch.tips.parameters import TIP_MONTHS
from scratch.tips.workflow import TIPPING

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case, Erasure, Paper, Wait
from suzhou_portal.lib.registers import Register, Related, site
from suzhou_portal.rules.numbers import Series


def to_judge(user: Any) -> Q | None:
    return Q(status=Status.NEW) if user.can(Verb.GRIDS_EDIT) else None


@site.register
class TipCase(Case):
    model, name = Tip, "tips"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.GRIDS_EDIT
    key = title_column = "number"
    columns = ("number", "community", "what", "status")
    filters = ("street", "community", "grid", "status")
    search = ("number", "what")
    fields = ("community", "what", "person", "level")
    workflow, series, begun, text = TIPPING, Series("XS"), "note", "what"
    papers = (Paper("record", "线索登记单", fill=lambda row, user: {"rows": [("内容", row.what)]}),)
    waits = (Wait("judge", "待核实的线索", "条", to_judge),)
    related = (Related("visits", "tip"),)
    erases = Erasure(fields=("what", "person"), after=TIP_MONTHS)


@site.register
class VisitRegister(Register):
    model, name = Visit, "visits"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.GRIDS_EDIT
    title_column = "note"
    columns = ("note", "community", "tip", "also")
    filters = ("community", "tip")
    fields = ("community", "tip", "also", "note")

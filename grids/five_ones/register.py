"""Registers of 五个一: its slots, which the district names, and what each grid has of them."""

from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.five_ones.views import RecordDetail
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed


@site.register
class FiveOneRegister(Register):
    """五个一事项: the platform's default until the district edits it; ended by a date, never deleted."""

    model = FiveOne
    name = "five-ones"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = "code"
    columns = ("position", "name", "what", "reach", "starts", "ends")
    more_columns = ("code",)
    filters = ("reach",)
    search = ("name", "what")
    fields = ("code", "position", "name", "what", "reach", "starts", "ends")
    create_only = ("code",)


@site.register
class FiveOneRecordRegister(Register):
    """五个一建设情况: one row per grid and slot that somebody has entered; what is missing has none."""

    model = FiveOneRecord
    name = "five-one-records"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.GRIDS_EDIT
    title_column = "slot"
    columns = ("slot", "where", "community", "state", "since", "evidence")
    more_columns = ("street",)
    details = columns
    computed = {"where": Computed("网格", lambda row: row.grid.full_name, order="grid__code")}
    joined = ("grid__parent",)  # which tells one 1号楼 from another
    filters = ("street", "community", "grid", "slot", "state")
    open_filters = ("slot", "state", "community", "grid")
    search = ("grid__name", "grid__pinyin", "evidence", "slot__name")
    fields = ("grid", "slot", "state", "since", "evidence")
    create_only = ("grid", "slot")
    views = {**Register.views, "detail": RecordDetail}

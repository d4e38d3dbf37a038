"""Registers of 调处化解: the disputes, and the catalogue of their kinds."""

from functools import partial
from typing import Any

from django.db.models import Q

from grids.mediation.models import DisputeKind, Mediation, MediationSession, MediationStatus
from grids.mediation.papers import PAPERS
from grids.mediation.services import issues_of
from grids.mediation.views import MediationPage
from grids.mediation.workflow import MEDIATING, may_withdraw
from grids.places.filters import BelowFilter
from grids.places.finding import local_words
from grids.places.forms import PlacedForm
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case, Due, Wait
from suzhou_portal.lib.cases.due import NORMAL, WORDS
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.filters import Condition
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.lib.rows.scope import kept
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import keepers
from suzhou_portal.rules.catalogues import CatalogueRegister
from suzhou_portal.rules.numbers import Series


@site.register
class DisputeKindRegister(CatalogueRegister):
    """纠纷类型: the platform's default, which the district edits."""

    model = DisputeKind
    name = "dispute-kinds"
    pickable = Q(is_active=True)


RUNNING = (MediationStatus.ACCEPTED, MediationStatus.MEDIATING)
TO_VISIT = Q(status=MediationStatus.SUCCEEDED, followed_at=None)
handled = partial(kept, Verb.MEDIATIONS_HANDLE)


def talk_answer(talk: MediationSession) -> dict[str, Any]:
    """A talk as REST answers it."""
    return {"held_on": talk.held_on, "said": talk.said, "next_step": talk.next_step, "mediators": talk.who}


def stand_of(row: Mediation) -> str:
    """Where a dispute stands: its status, and what came of it, or that its time is over."""
    status, outcome = row.get_status_display(), row.get_outcome_display() if row.outcome else ""
    if row.ended_at is None and row.light != NORMAL:
        outcome = WORDS[row.light]
    return f"{status} {outcome}" if outcome and outcome != status else status


@site.register
class MediationCase(Case):
    """调处化解: disputes by kind and place, with parties that are named by what they are alone."""

    model = Mediation
    name = "mediations"
    view_verb, edit_verb = Verb.MEDIATIONS_VIEW, Verb.MEDIATIONS_REPORT
    key = title_column = "number"
    columns = ("number", "kind", "parties", "where", "stand", "registered_at")
    more_columns = (
        *("status", "light", "result", "street", "community", "grid", "due_at", "sessions_held", "agreement"),
        *("concluded_at", "followed_at", "kept", "archived_at", "registered_by"),
    )
    details = ("kind", "parties", "where", "summary", "registered_by", "registered_at")
    computed = {
        "parties": Computed("当事人", lambda row: row.parties),
        "where": Computed("地点", local_words),
        "stand": Computed("进展", stand_of, order="status", words=True),
        "result": Computed("结果", lambda row: row.get_outcome_display(), order="outcome"),
        "clock": Computed("期限", lambda row: WORDS[row.light] if row.ended_at is None else ""),  # now ``light``
    }
    in_rest = ("clock",)
    joined = ("grid__parent",)  # which tells one 1号楼 from another
    filters = ("street", "community", "grid", "kind", "status", "outcome")
    open_filters = ("waiting", "status", "kind", "community")
    filterset_class = BelowFilter
    period = "concluded_at"
    conditions = {"counted": Condition("计入成功率", Q(outcome__in=["succeeded", "failed"]))}
    found_by = ("number",)
    search = ("number", "summary", "community__name", "community__pinyin")
    fields = ("community", "grid", "kind", "party_a", "party_b", "party_c", "summary")
    together = (("party_a", "party_b", "party_c"),)
    create_only = ("community", "grid")
    form_class = PlacedForm
    adding = "登记纠纷"
    workflow, series, papers = MEDIATING, Series("TJ"), PAPERS
    next_up = staticmethod(keepers)
    creator, once = "registered_by", "submission_key"
    routes = {**Case.routes, "act": "<str:key>/act/<slug:action>/"}
    text = "summary"
    due = Due(Q(concluded_at=None), lambda row: {"kind": Kind.OVERDUE, **keepers(row)}, called="调处", warns=False)
    waits = (
        Wait("accept", "待受理的纠纷", "件", handled(Q(status=MediationStatus.REGISTERED)), step="受理"),
        Wait("mediate", "待调解的纠纷", "件", handled(Q(status__in=RUNNING)), step="调解"),
        Wait("visit", "待回访的纠纷", "件", handled(TO_VISIT), step="回访", due=None),
        Wait("overdue", "超期的调处", "件", handled(due.overdue), light=True),
    )
    views = {**Case.views, "detail": MediationPage, "import": None, "import-errors": None, "template": None}

    def may_change(self, user: Any, obj: Any) -> bool:
        """Who mediates, while it runs; until it is accepted also whoever registered it."""
        return obj.ended_at is None and self.may_edit(user) and may_withdraw(obj, user)

    def answer(self, row: Mediation, user: Any) -> dict[str, Any]:
        """Who mediates, the talks, the issues that belong to it."""
        return {
            "mediators": list(map(str, row.case_mediators())),
            "sessions": list(map(talk_answer, row.talks())),
            "issues": [{"number": link.issue.number, "how": link.how} for link in issues_of(row, user)],
        }

    def begun_words(self, row: Mediation) -> str:
        """What kind of dispute it is."""
        return f"登记纠纷：{row.kind.name}"

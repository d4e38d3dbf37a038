"""The register of covenants. Their workflow alone writes these rows, so none is edited here."""

from typing import Any

import django_filters
from django.db.models import Q

from covenants.agreements.choosing import may_begin
from covenants.agreements.models import SIGNED, Covenant
from covenants.agreements.papers import AGREEMENT
from covenants.agreements.waits import ANSWER, CHANGE, SIGN
from covenants.agreements.workflow import WORKFLOW
from covenants.evaluation.sealing import RESULTS
from covenants.evaluation.waits import EVALUATE
from covenants.page.answers import detail_answer
from covenants.page.api import CovenantViewSet
from covenants.page.views import CovenantAct, CovenantList, CovenantPage
from covenants.page.wording import waiting_words
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case
from suzhou_portal.lib.registers import Link, Related, site
from suzhou_portal.lib.registers.filters import Condition, RegisterFilterSet


class CovenantFilter(RegisterFilterSet):
    """By its evaluation, too."""

    result = django_filters.ChoiceFilter(
        label="评约结果", choices=[(word, word) for word in (*RESULTS, "未评")], empty_label="全部"
    )


@site.register
class CovenantCase(Case):
    """共建协议. Begun on a page of its own, run on its page."""

    model = Covenant
    name = "covenants"
    view_verb = Verb.COVENANTS_VIEW
    key = "number"
    title_column = "number"
    columns = ("number", "title", "organisation", "community", "status", "ends")
    more_columns = (
        "signed_on",
        "result",
        "street",
        "begins",
        "revision",
        "created_at",
        "place_signatory",
        "unit_signatory",
    )
    filters = ("status", "signed", "organisation", "street", "community", "result")
    open_filters = ("waiting", "status", "organisation", "community")
    joined = ("organisation", "community__street", "street", "previous")
    papers = (AGREEMENT,)
    filterset_class = CovenantFilter
    period = "signed_on"
    conditions = {"signed": Condition("已签约", Q(status__in=SIGNED))}
    found_by = ("number", "title", "organisation__name", "organisation__pinyin")
    search = ("number", "title", "organisation__name", "organisation__pinyin", "community__name")
    related = (Related("commitments", "covenant"),)
    long = True
    waits = (ANSWER, CHANGE, SIGN, EVALUATE)
    told_by = "title"
    workflow = WORKFLOW
    views = {**Case.views, "list": CovenantList, "detail": CovenantPage, "act": CovenantAct}
    viewset_class = CovenantViewSet

    def begins(self, user: Any) -> list[Link]:
        """See the base; on a page of its own."""
        return [Link("开始商谈", f"{self.list_url}new/", "plus")] if may_begin(user) else []

    def answer(self, row: Covenant, user: Any) -> dict[str, Any]:
        """Drafts, promises, evaluations and the timeline."""
        return detail_answer(row, user)

    def now_words(self, row: Covenant) -> str:
        """With what it waits for."""
        return f"{row.get_status_display()}。{waiting_words(row)}"

    def describe(self, obj: Covenant) -> str:
        """With its unit, which tells it from others of that name."""
        return f"{obj}（{obj.organisation}）"

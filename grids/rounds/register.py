"""巡查记录 and 巡查发现: the cases of a patrol and of what it finds."""

from typing import Any

import django_filters
from django.db.models import OuterRef, Q

from grids.checklists.models import PatrolField
from grids.findings.models import FindingStatus, Handling, PatrolFinding
from grids.findings.workflow import FINDINGS
from grids.patrols.models import Patrol, PatrolStop
from grids.patrols.register import OfAreas
from grids.patrols.workflow import PATROLS
from grids.places.filters import BelowFilter
from grids.rounds.api import FindingViewSet, PatrolViewSet
from grids.rounds.pages import FindingPage, PatrolPage
from grids.rounds.papers import RECORD
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case, Wait
from suzhou_portal.lib.registers import Link, Related, site
from suzhou_portal.lib.registers.filters import Condition
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.lib.rows.counts import counted


def looked_words(patrol: Any) -> str:
    """How far it has come: "5/7"."""
    return f"{patrol.looked}/{patrol.places}"


@site.register
class PatrolCase(OfAreas, Case):
    """巡查记录: begun and walked on the phone (``grids.rounds.views``), never edited as a form."""

    model = Patrol
    name = "patrols"
    view_verb, edit_verb = Verb.PATROLS_VIEW, Verb.PATROLS_WALK
    key = "number"
    title_column = "number"
    columns = ("number", "area", "started_on", "status", "progress", "found")
    more_columns = ("on_spot", "street", "ended_on", "started_by", "note")
    details = ("number", "area", "street", "started_on", "ended_on", "status", "started_by", "checklist", "note")
    computed = {
        "progress": Computed("已查看网格", looked_words),
        "found": Computed("发现", lambda patrol: patrol.found, order="found", number=True),
        "on_spot": Computed("即查即改", lambda patrol: patrol.on_spot, order="on_spot", number=True),
    }
    filters = ("status", "area", "street")
    period = "started_on"
    found_by = ("number",)
    search = ("number", "area__name", "area__pinyin")
    related = (Related("patrol-findings", "patrol"),)
    long = True
    viewset_class = PatrolViewSet
    workflow = PATROLS
    papers = (RECORD,)
    views = {**Case.views, "detail": PatrolPage}

    def rows(self, user: Any) -> Any:
        """With what was looked at and found, as far as ``user`` may see it: a community counts its own grids."""
        verb = self.view_verb
        stops = PatrolStop.objects.visible_to(user, verb).filter(patrol=OuterRef("pk"))
        finds = PatrolFinding.objects.visible_to(user, verb).filter(patrol=OuterRef("pk"))
        finds = finds.exclude(status=FindingStatus.WITHDRAWN)
        return (
            super()
            .rows(user)
            .select_related("area", "street", "checklist", "started_by")
            .annotate(
                places=counted(stops, "patrol"),
                looked=counted(stops.filter(looked_on__isnull=False), "patrol"),
                found=counted(finds, "patrol"),
                on_spot=counted(finds.filter(handling=Handling.ON_SPOT), "patrol"),
            )
        )


def to_confirm(user: Any) -> Q | None:
    """Findings of the areas that ``user`` leads; None for all others."""
    areas = user.scope_for(Verb.PATROLS_WALK).areas
    return Q(area__in=areas, status=FindingStatus.WAITING) if areas else None


class FindingFilter(BelowFilter):
    """By field of the checklist. A grid means the grids below it, too."""

    field = django_filters.ChoiceFilter(
        field_name="item__field", label="领域", choices=PatrolField.choices, empty_label="全部"
    )


@site.register
class FindingCase(OfAreas, Case):
    """巡查发现: recorded on a patrol, corrected and confirmed on its page."""

    model = PatrolFinding
    name = "patrol-findings"
    view_verb, edit_verb = Verb.PATROLS_VIEW, Verb.PATROLS_WALK
    title_column = "found_on"
    columns = ("found_on", "where", "community", "description", "handling", "status")
    more_columns = ("issue", "street", "area", "patrol", "field", "item", "remedy", "confirmed_on", "returned")
    details = (
        *("found_on", "patrol", "area", "where", "community", "street", "field", "item", "description", "handling"),
        *("remedy", "status", "issue", "confirmed_on", "returned"),
    )
    computed = {
        "where": Computed("网格", lambda row: row.grid.full_name, order="grid__code"),
        "field": Computed("领域", lambda row: row.item.get_field_display(), order="item__field"),
    }
    joined = ("grid__parent", "item", "patrol", "area", "issue__merged_into", "community", "street")
    filters = ("street", "community", "grid", "area", "field", "handling", "status", "handed", "kept", "patrol")
    open_filters = ("waiting", "status", "field", "community", "area")
    filterset_class = FindingFilter
    period = "found_on"
    conditions = {
        "handed": Condition("交办督办", ~Q(handling=Handling.ON_SPOT)),
        "kept": Condition("计入统计", ~Q(status=FindingStatus.WITHDRAWN)),
    }
    search = ("description", "patrol__number", "issue__number")
    viewset_class = FindingViewSet
    workflow = FINDINGS
    waits = (Wait("confirm", "待确认整改的巡查发现", "件", to_confirm, step="确认整改"),)
    named_by, told_by = "patrol__number", "description"
    views = {**Case.views, "detail": FindingPage}

    def links(self, obj: Any, user: Any) -> list[Link]:
        """The ways to the patrol and the issue."""
        found = [Link("查看本次巡查", obj.patrol.get_absolute_url())]
        return [*found, Link("查看事件", obj.issue.get_absolute_url())] if obj.issue else found

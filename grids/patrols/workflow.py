"""A patrol from its beginning to its end: 巡查中 → 已结束, or 已作废 when it was begun by mistake."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.patrols.models import Patrol, PatrolStatus, PatrolStop
from grids.patrols.plans import note_looks
from grids.patrols.rights import walks
from suzhou_portal.lib.cases.inputs import note
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.time import moments


def _is_leader(patrol: Patrol, user: Any) -> bool:
    return walks(patrol.area_id, user)


def _end(patrol: Patrol, user: Any, inputs: dict[str, Any]) -> None:
    if not PatrolStop.objects.filter(patrol=patrol, looked_on__isnull=False).exists():
        raise ValidationError("还没有查看任何网格。误开始的巡查请作废。")
    patrol.ended_on = max(timezone.localdate(moments.now()), patrol.started_on)


def _void(patrol: Patrol, user: Any, inputs: dict[str, Any]) -> None:
    found = patrol.kept_findings.count()
    if found:
        raise ValidationError(f"本次巡查登记了 {found} 条发现。请先撤回再作废，或结束巡查。")


def _forget_looks(patrol: Patrol, by: Any, inputs: dict[str, Any], event: Any) -> None:
    note_looks(list(patrol.stops.values_list("grid", flat=True)))


class PatrolWorkflow(Workflow):
    """The table. The steps are told by the audit trail: a patrol has no timeline of the hour."""

    model = Patrol
    allowed = staticmethod(_is_leader)
    transitions = (
        Transition(
            action="end",
            label="结束巡查",
            source=PatrolStatus.OPEN,
            target=PatrolStatus.ENDED,
            inputs={"note": note("小结", required=False, placeholder="例：第六居民小组在施工，下次再看")},
            keeps="note",
            change=_end,
            primary=True,
            hint="结束后不能再登记或更正；没看到的网格下次再看。",
        ),
        Transition(
            action="void",
            label="作废本次巡查",
            source=PatrolStatus.OPEN,
            target=PatrolStatus.VOID,
            inputs={"note": note("原因", required=True)},
            keeps="note",
            change=_void,
            effect=_forget_looks,
            grave=True,
            folded=True,
            hint="作废后，本次查看过的网格不算看过，记录保留。",
        ),
    )


PATROLS = PatrolWorkflow()

"""已导入 → 已撤销: an import is taken back by whoever keeps the roster of its place."""

from typing import Any

from grids.rosters.models import RosterImport, RosterImportEvent
from grids.rosters.undoing import changed_since, take_back
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.time import moments

Status = RosterImport.Status


def _keeps_roster(kept: RosterImport, user: Any) -> bool:
    """``user`` keeps the whole roster that it was: of the community, the street, or the district."""
    places = user.scope_for(Verb.GRIDS_EDIT)
    return bool(places.holds(street=kept.street_id, community=kept.community_id, grid=None))


def _undo(kept: RosterImport, user: Any, inputs: dict[str, Any]) -> None:
    kept.undone_at, kept.undone_by = moments.now(), user


def _restore_roster(kept: RosterImport, user: Any, inputs: dict[str, Any], event: Any) -> None:
    take_back(kept, by=user)


class RosterImportWorkflow(Workflow):
    """The table of steps."""

    model, events, sentences = RosterImport, RosterImportEvent, {"import": "导入名册"}
    transitions = (
        Transition(
            *("undo", "撤销导入", frozenset({Status.IMPORTED}), Status.UNDONE, _keeps_roster),
            change=_undo,
            effect=_restore_roster,
            hindered=changed_since,
            grave=True,
            hint="名册恢复到导入之前：离任的继续任职，新任的不再列入，电话和姓名改回。变动记录和审计记录都保留。",
        ),
    )


IMPORTED = RosterImportWorkflow()

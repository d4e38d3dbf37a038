"""Photos of findings."""

from typing import Any

from grids.findings.models import Handling, PatrolFinding
from grids.findings.parameters import PATROL_FILE_MEGABYTES, PATROL_FILES
from grids.patrols.rights import walks
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.models import Stage
from suzhou_portal.files.owners import Owner, register

# --- Findings of patrols --------------------------------------------------------------------


def may_attach_to_finding(finding: PatrolFinding, user: Any) -> bool:
    """The leaders of the area, while the patrol is open; what is handed over has its photos on the issue."""
    on_spot = finding.handling == Handling.ON_SPOT and finding.is_kept
    return on_spot and finding.patrol.is_open and walks(finding.area_id, user)


def may_take_from_finding(finding: PatrolFinding, attachment: Any, user: Any) -> bool:
    """One's own, while the patrol is open."""
    return finding.patrol.is_open and attachment.uploaded_by_id == user.pk


FINDING_OWNER = register(
    Owner(
        name="patrol-finding",
        model=PatrolFinding,
        view_verb=Verb.PATROLS_VIEW,
        may_add=may_attach_to_finding,
        may_remove=may_take_from_finding,
        most_files=PATROL_FILES,
        most_megabytes=PATROL_FILE_MEGABYTES,
        stage_of=lambda finding, user: Stage.AFTER,
    )
)

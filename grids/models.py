"""The models of ``grids/``, by topic: the grid and its leaders, the issues, their tallies."""

from grids.categories.models import IssueCategory
from grids.checklists.models import PatrolChecklist, PatrolItem
from grids.clock.models import ClockRequest
from grids.findings.models import PatrolFinding
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.issues.models import Issue, IssueEvent
from grids.limits.models import StepLimit
from grids.mediation.models import DisputeKind, Mediation, MediationEvent, MediationIssue, MediationSession, Mediator
from grids.patrols.models import Patrol, PatrolPlan, PatrolPlanStop, PatrolStop
from grids.places.models import Area, Grid, GridChange, GridChangePart, GridPost
from grids.reporters.models import Contact, ErasureRun, ReporterContact
from grids.rosters.models import RosterImport, RosterImportEvent, RosterImportLine
from grids.routing.models import RoutingRule
from grids.searching.models import IssueText
from grids.supervision.models import Supervision
from grids.tallies.models import IssueCategoryTally, IssueDayTally, IssueDelta
from grids.visits.models import ReturnVisit

__all__ = [
    "Area",
    "ClockRequest",
    "Contact",
    "DisputeKind",
    "ErasureRun",
    "FiveOne",
    "FiveOneRecord",
    "Grid",
    "GridChange",
    "GridChangePart",
    "GridPost",
    "Issue",
    "IssueCategory",
    "IssueCategoryTally",
    "IssueDayTally",
    "IssueDelta",
    "IssueEvent",
    "IssueText",
    "Mediation",
    "MediationEvent",
    "MediationIssue",
    "MediationSession",
    "Mediator",
    "Patrol",
    "PatrolChecklist",
    "PatrolFinding",
    "PatrolItem",
    "PatrolPlan",
    "PatrolPlanStop",
    "PatrolStop",
    "ReporterContact",
    "ReturnVisit",
    "RosterImport",
    "RosterImportEvent",
    "RosterImportLine",
    "RoutingRule",
    "StepLimit",
    "Supervision",
]

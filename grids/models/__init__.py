"""The models of ``grids/``, by topic: the grid and its leaders, the issues, their tallies."""

from grids.models.categories import IssueCategory
from grids.models.checklists import PatrolChecklist, PatrolItem
from grids.models.clocks import ClockRequest, StepLimit
from grids.models.contacts import Contact, ErasureRun, ReporterContact
from grids.models.five_ones import FiveOne, FiveOneRecord
from grids.models.issues import Issue, IssueEvent, NumberSequence
from grids.models.mediations import (
    DisputeKind,
    Mediation,
    MediationEvent,
    MediationIssue,
    MediationSession,
    Mediator,
)
from grids.models.patrols import Patrol, PatrolFinding, PatrolPlan, PatrolPlanStop, PatrolStop
from grids.models.places import Area, Grid, GridChange, GridChangePart, GridPost
from grids.models.rosters import RosterImport, RosterImportLine
from grids.models.routing import RoutingRule
from grids.models.supervision import Supervision
from grids.models.tallies import IssueCategoryTally, IssueDayTally, IssueDelta
from grids.models.texts import IssueText
from grids.models.visits import ReturnVisit

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
    "NumberSequence",
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
    "RosterImportLine",
    "RoutingRule",
    "StepLimit",
    "Supervision",
]

"""Registering disputes, and keeping the links between disputes and issues."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from communities.directory.models import Community
from grids.changes.moving import Operation, goes_along
from grids.changes.services import keeps_open
from grids.issues.models import Issue
from grids.mediation.models import OPEN_STATUSES, DisputeKind, Mediation, MediationEvent, MediationIssue
from grids.places.models import Grid
from grids.places.succession import successor_of
from streets.hub.models import Street
from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.audit import trail
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.time.worktime import Limit, Unit
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import enqueue
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.numbers import next_number
from suzhou_portal.rules.parameters import parameter

SERIES = "TJ"
WARN_SHARE = 4  # the last quarter of the limit is the yellow light, as with issues (district default)


@dataclass(frozen=True)
class Dispute:
    """What is told of a dispute; the most specific place suffices.

    ``submission_key`` makes a repeated submission give the mediation of the first.
    """

    kind: DisputeKind
    party_a: str
    party_b: str
    summary: str
    party_c: str = ""
    street: Street | None = None
    community: Community | None = None
    grid: Grid | None = None
    submission_key: uuid.UUID | None = None


def draft(dispute: Dispute, *, by: Any, at: datetime) -> Mediation:
    """The unsaved mediation of ``dispute`` registered ``at``, without its number. Demo data makes many."""
    if dispute.grid is None and dispute.community is None and dispute.street is None:
        raise ValidationError({"community": "请选择社区。"})
    row = Mediation(
        kind=dispute.kind,
        party_a=dispute.party_a,
        party_b=dispute.party_b,
        party_c=dispute.party_c,
        summary=dispute.summary.strip(),
        street=dispute.street,
        community=dispute.community,
        grid=dispute.grid,
        registered_by=by,
        registered_at=at,
        submission_key=dispute.submission_key,
    )
    row.clean()
    return row


@transaction.atomic
def register_dispute(dispute: Dispute, *, by: Any, reason: str = "", issue: Issue | None = None) -> Mediation:
    """Store a new mediation and tell the community (or the street); linked to the ``issue`` that it came from.

    The same ``submission_key`` again, by the same user, returns the first. Raises ``ValidationError``.
    """
    if first := _submitted(dispute, by):
        return first
    row = draft(dispute, by=by, at=timezone.now())
    row.number = next_number(timezone.localdate().year, SERIES)
    try:
        with transaction.atomic():
            records.create(row, by=by, reason=reason, action="mediation.register")
    except IntegrityError:
        if first := _submitted(dispute, by):
            return first
        raise
    MediationEvent.objects.create(
        mediation=row, at=row.registered_at, actor=by, action="register", to_status=row.status
    )
    if issue is not None:
        link(row, issue, MediationIssue.How.FROM_ISSUE, by=by)
    tell_keepers(row, f"登记纠纷：{row.kind.name}", by=by)
    return row


def _submitted(dispute: Dispute, by: Any) -> Mediation | None:
    if dispute.submission_key is None:
        return None
    return Mediation.objects.filter(submission_key=dispute.submission_key, registered_by=by).first()


def link(row: Mediation, issue: Issue, how: str, *, by: Any) -> MediationIssue:
    """Keep that the two belong together. Raises ``ValidationError`` when that is known already."""
    if MediationIssue.objects.filter(mediation=row, issue=issue).exists():
        raise ValidationError({"issue": f"{issue.number} 已经关联。"})
    made = MediationIssue.objects.create(mediation=row, issue=issue, how=how, by=by)
    told = {"mediation": row.number, "issue": issue.number, "how": made.get_how_display()}
    trail.record("mediation.link", row, by=by, changes=told)
    return made


def open_of_issue(issue: Issue) -> Mediation | None:
    """The mediation of ``issue`` that has not ended yet, or None."""
    rows = Mediation.objects.filter(issue_links__issue=issue, status__in=OPEN_STATUSES)
    return rows.order_by("id").first()


def clock(at: datetime) -> tuple[datetime, datetime]:
    """(yellow from, due) of a mediation accepted ``at``, by the parameter 纠纷调处的期限 and the working calendar."""
    from grids.mediation.parameters import MEDIATION_DAYS  # noqa: PLC0415 -- declared once the apps are there

    office = calendar()
    due = office.due(at, Limit(parameter(MEDIATION_DAYS), Unit.DAYS))
    return office.warn(at, due, WARN_SHARE), due


def at_hand(user: Any, rows: Callable[[], Q]) -> Q | None:
    """Those of ``rows()`` that wait for ``user``: of the own communities, and of the own street what names none. None
    for whoever mediates in no community or street.
    """
    scope = user.scope_for(Verb.MEDIATIONS_HANDLE)
    own = Q(community__in=scope.communities) | Q(street__in=scope.streets, community=None)
    return rows() & own if scope.communities or scope.streets else None


def tell_keepers(
    row: Mediation, words: str, *, by: Any, kind: str = Kind.ASSIGNED, dedupe_key: str | None = None
) -> None:
    """Tell those who mediate there: the community, or the street where no community is named."""
    community = row.community_id is not None
    enqueue(
        title=f"{row.number} {words}",
        url=row.get_absolute_url(),
        roles=[Role.COMMUNITY if community else Role.STREET],
        place={"community": row.community_id} if community else {"street": row.street_id},
        kind=kind,
        except_user=by,
        dedupe_key=dedupe_key,
    )


def remind(row: Mediation, light: str, words: str) -> None:
    """Tell those who mediate that the limit has passed, once per limit."""
    key = f"mediation-overdue:{row.pk}:{timezone.localtime(row.due_at):%Y%m%d%H%M}"
    tell_keepers(row, words.replace("已", "调处已", 1), by=None, kind=Kind.OVERDUE, dedupe_key=key)


@keeps_open("还有 {} 件调处尚未结束，请先办结。")
def open_in(grid: Grid) -> int:
    """How many disputes of ``grid`` have not ended."""
    return Mediation.objects.filter(grid=grid, status__in=sorted(OPEN_STATUSES)).count()


@goes_along
def move_open(operation: Operation) -> None:
    """Open disputes of a grid that ended go along to the one that takes over; ended ones stay with the past."""
    for grid, heir in operation.heirs.items():
        for row in Mediation.objects.filter(grid=grid, status__in=OPEN_STATUSES) if heir else ():
            _move(row, heir, by=operation.by, reason=operation.reason)


def _move(row: Mediation, target: Grid | None, *, by: Any, reason: str = "") -> Mediation:
    """Take ``row`` from its grid to ``target``, or (None) to its community as a whole; returns it as stored."""
    grid: Any = row.grid
    places: dict[str, Any] = {"grid": target}
    if target is not None:
        places |= {"community": target.community, "street": target.street}
    moved: Any = records.update(row, places, by=by, reason=reason, action="mediation.move")
    MediationEvent.objects.create(
        mediation=moved,
        actor=by,
        action="move",
        from_status=moved.status,
        to_status=moved.status,
        note=f"由 {grid.name} 转到 {target.name if target else moved.community}",
    )
    return moved


def settle(row: Mediation) -> Mediation:
    """Take an open ``row`` (locked) whose grid has ended meanwhile to what became of it, as issues are
    (``grids.issues.moving``); returns it as stored.
    """
    if not row.is_open or row.grid is None or row.grid.ends is None:
        return row
    target = successor_of(row.grid)
    return row if target == row.grid else _move(row, target, by=None)

"""Registering disputes, and keeping the links between disputes and issues."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from grids.issues.models import Issue
from grids.mediation.models import OPEN_STATUSES, Mediation, MediationIssue
from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.audit import trail
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.time.worktime import Limit, Unit
from suzhou_portal.notices.models import Kind
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.numbers import Series
from suzhou_portal.rules.parameters import parameter

SERIES = Series("TJ")
WARN_SHARE = 4  # the last quarter of the limit is the yellow light, as with issues (district default)


def draft(*, by: Any, at: datetime | None = None, **values: Any) -> Mediation:
    """The unsaved mediation of a dispute registered ``at`` (now), without its number; ``values`` are its columns, of
    its places the most specific suffices. Raises ``ValidationError`` without one.
    """
    if not any(values.get(name) for name in ("grid", "community", "street")):
        raise ValidationError({"community": "请选择社区。"})
    row = Mediation(**{**values, "registered_by": by}, registered_at=at or timezone.now())
    row.summary = row.summary.strip()
    row.clean()
    return row


@transaction.atomic
def register_dispute(*, by: Any, issue: Issue | None = None, **values: Any) -> Mediation:
    """Store a new mediation, linked to the ``issue`` that it came from. Raises ``ValidationError``."""
    row: Mediation = site["mediations"].create(values, by=by)
    if issue is not None:
        link(row, issue, MediationIssue.How.FROM_ISSUE, by=by)
    return row


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


def keepers(row: Mediation) -> dict[str, Any]:
    """Those who mediate there: the community, or the street where no community is named."""
    if row.community_id is None:
        return {"roles": [Role.STREET], "place": {"street": row.street_id}}
    return {"roles": [Role.COMMUNITY], "place": {"community": row.community_id}}


def remind(row: Mediation, light: str, words: str) -> None:
    """Tell those who mediate that the limit has passed, once per limit."""
    key = f"mediation-overdue:{row.pk}:{timezone.localtime(row.due_at):%Y%m%d%H%M}"
    tell(row, f"调处{words}", kind=Kind.OVERDUE, dedupe_key=key, **keepers(row))

"""Reporting an issue: from three inputs to a stored row with its event, tally, notice and search text."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from grids.categories.models import LEVELS, IssueCategory, Level
from grids.issues import clock
from grids.issues.models import Issue, IssueEvent, Severity, Source, Status
from grids.issues.rights import is_keeper, lowest_level, start_level
from grids.issues.telling import tell_holder
from grids.issues.workflow import WORKFLOW, sentence_of
from grids.places.finding import Place, locate
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit import trail
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.numbers import next_number

ROLE_SOURCE: dict[str, str] = {
    Role.DISTRICT: Source.DISTRICT,
    Role.STREET: Source.STREET,
    Role.COMMUNITY: Source.COMMUNITY,
    Role.GRID: Source.GRID,
    Role.AREA: Source.PATROL,
}


@dataclass(frozen=True)
class Report:
    """What a reporter says. Place, category and description suffice.

    ``submission_key`` makes a repeated submission give the issue of the first. ``contact`` is that of
    whoever asked for help, if they left one. ``level``: it starts at this level at least. ``note`` tells in the
    timeline where it comes from.
    """

    place: Place
    category: IssueCategory
    description: str
    address: str = ""
    severity: str = Severity.NORMAL
    source: str = ""
    submission_key: uuid.UUID | None = None
    contact: Any = field(default=None, repr=False)  # a ``reporters.Contact``, kept by the topic that knows it
    level: str = Level.GRID
    note: str = ""


def report_issue(report: Report, *, by: Any) -> Issue:
    """Store a new issue reported by ``by`` and return it.

    A reporter who keeps the starting level (a secretary in their community) accepts it with
    the same stroke; an automatic routing rule dispatches it at once. The same ``submission_key``
    again, by the same user, returns the first issue. The caller has checked that the place is in the reporter's scope.
    """
    if report.submission_key and (first := _submitted(report.submission_key, by)):
        return first
    try:
        return _store(report, by)
    except IntegrityError:
        if report.submission_key and (first := _submitted(report.submission_key, by)):
            return first
        if report.submission_key and Issue.objects.filter(submission_key=report.submission_key).exists():
            # Not ours to answer with, and no reason to fail: somebody else's key.
            raise ValidationError({"submission_key": "提交标识已被使用，请刷新页面后重新上报。"}) from None
        raise


def _submitted(key: uuid.UUID, by: Any) -> Issue | None:
    return Issue.objects.filter(submission_key=key, reporter=by).first()


def draft(report: Report, *, by: Any, at: datetime) -> Issue:
    """The unsaved issue that ``report`` by ``by`` makes at ``at``: placed, at its level, its clock running.

    Everything but its number. ``report_issue`` stores it; demo data makes many.
    """
    issue = Issue(
        category=report.category,
        description=report.description.strip(),
        address=report.address.strip(),
        severity=report.severity,
        source=report.source or ROLE_SOURCE.get(next(iter(by.roles), ""), Source.COMMUNITY),
        reporter=by,
        created_at=at,
        submission_key=report.submission_key,
    )
    locate(issue, report.place)
    lowest = max(lowest_level(issue), report.level, key=LEVELS.index)
    issue.level = issue.holder = start_level(report.category.start_level, report.severity, lowest)
    issue.status = Status.ACCEPTED if is_keeper(issue, by) else Status.REPORTED
    clock.start(issue, at)
    clock.begin_step(issue, at)
    for consequence in WORKFLOW.consequences:
        consequence.drafted(issue)
    return issue


@transaction.atomic
def _store(report: Report, by: Any) -> Issue:
    now = moments.now()
    issue = draft(report, by=by, at=now)
    issue.number = next_number(timezone.localdate(now).year)
    reported = trail.snapshot(issue)
    told = {"to_status": issue.status, "to_level": issue.level, "note": report.note}
    events = [IssueEvent(issue=issue, at=now, actor=by, action="report", **told)]
    # What the portal does by itself follows in memory: one row is written, not two.
    onward = next(filter(None, (one.onward(issue) for one in WORKFLOW.consequences)), None)
    if onward is not None:
        events.append(WORKFLOW.event_of(issue, onward[0], None, reported, onward[1]))
    issue.save(force_insert=True)
    reported["id"] = issue.pk
    IssueEvent.objects.bulk_create(events)
    trail.record("issue.report", issue, by=by, changes=trail.diff({}, reported))
    if onward is not None:
        trail.record(f"issue.{onward[0]}", issue, by=None, changes=trail.diff(reported, trail.snapshot(issue)))
    for consequence in WORKFLOW.consequences:
        consequence.reported(issue, report, by)
    if onward is not None:
        tell_holder(issue, None, sentence_of(events[-1]))
    else:
        tell_holder(issue, by, f"上报：{issue.category.name}")
    return issue

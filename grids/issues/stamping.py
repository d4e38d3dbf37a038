"""Noting with each step when what figures count happened (``grids.issues.columns``)."""

from dataclasses import dataclass
from datetime import datetime

from grids.issues.models import OPEN, Issue, Status

LETTERS = frozenset({"climb", "press", "supervise"})


@dataclass(frozen=True)
class Before:
    """What :func:`stamp` wants to know of the row before a step."""

    status: str
    step_due_at: datetime | None
    extensions: int
    suspended_at: datetime | None

    @classmethod
    def of(cls, issue: Issue) -> "Before":
        """As ``issue`` stands."""
        return cls(issue.status, issue.step_due_at, issue.extensions, issue.suspended_at)


def stamp(issue: Issue, action: str, before: Before, at: datetime) -> None:
    """Note in ``issue`` what the step ``action``, taken at ``at``, was."""
    if before.status == Status.REPORTED and issue.status in OPEN - {Status.REPORTED} and issue.accepted_at is None:
        issue.accepted_at = at
        issue.accepted_in_time = before.step_due_at is None or at < before.step_due_at
    if action in LETTERS:
        issue.supervised_at, issue.supervision_replied = at, False
    elif action == "reply":
        issue.supervision_replied = True
    elif action == "withdraw_letter":
        issue.supervised_at, issue.supervision_replied = None, False
    if issue.extensions > before.extensions:
        issue.extended_at = at
    if issue.suspended_at is not None and before.suspended_at is None:
        issue.shelved_at = at

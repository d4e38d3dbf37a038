"""Steps taken with many rows at once: each on its own, so that one refusal does not stop the others.

What can be taken so the table of steps says: ``Transition(bulk=True, undo="<the step that takes it back>")``. The list
of a case (``lib.cases.bulk_pages``) and pages of their own (the desk of issues) preview with :meth:`Steps.preview`,
take the steps with :meth:`Steps.take`, and keep what was done in the session (:class:`Batches`), so that whoever did it
can take it back for some minutes.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from suzhou_portal.lib.cases.workflow import Workflow
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion

MOST = 100
FORBIDDEN = "您没有办理此步的权限"
CHANGED = "刚被他人更新"
IMPOSSIBLE = "现在不能办理此步"


@dataclass(frozen=True)
class Outcome:
    """What became, or would become, of one row; ``reason`` is empty when it goes through."""

    row: Any
    reason: str = ""
    will: str = ""


class Steps:
    """The steps of one ``workflow`` with many rows."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow

    def why_not(self, row: Any, action: str) -> str:
        """Why a step that the status allows is not possible with ``row`` all the same; override to say more."""
        return IMPOSSIBLE

    def refusal(self, row: Any, action: str, user: Any, version: int | None = None) -> str:
        """Why ``user`` cannot take ``action`` with ``row``, seen as ``version``, now; "" when they can. No query."""
        transition = self.workflow.by_action[action]
        if version is not None and row.version != version:
            return CHANGED
        if row.status not in transition.source:
            return f"当前为“{row.get_status_display()}”"
        if not self.workflow.may(transition, row, user):
            return FORBIDDEN
        return "" if self.workflow.possible(transition, row) else self.why_not(row, action)

    def preview(
        self,
        rows: Iterable[Any],
        action: str,
        *,
        by: Any,
        will: Callable[[Any], str],
        versions: Mapping[int, int] | None = None,
    ) -> list[Outcome]:
        """With which of ``rows`` ``by`` could take ``action`` now, what it means (``will``), and why not the others."""
        judged = [(row, self.refusal(row, action, by, (versions or {}).get(row.pk))) for row in rows]
        return [Outcome(row, reason, "" if reason else will(row)) for row, reason in judged]

    def take(
        self, rows: Iterable[Any], action: str, *, versions: Mapping[int, int], inputs: Mapping[str, Any], by: Any
    ) -> list[Outcome]:
        """Take ``action`` with each of ``rows``, each in a transaction (or savepoint) of its own.

        ``versions`` are those that the user saw, by key: a newer one is a refusal, like every other reason; nothing is
        raised. ``inputs`` is form data, the same for all.
        """
        return [self._take(row, action, versions.get(row.pk), inputs, by) for row in rows]

    def _take(self, row: Any, action: str, version: int | None, inputs: Mapping[str, Any], by: Any) -> Outcome:
        try:
            return Outcome(self.workflow.apply(row, action, by=by, version=version, inputs=inputs))
        except StaleVersion as error:
            return Outcome(error.current, CHANGED)
        except ActionNotPossible as error:
            return Outcome(row, error.reason or self.refusal(error.current, action, by) or CHANGED)
        except ActionForbidden:
            return Outcome(row, FORBIDDEN)
        except ValidationError as error:
            return Outcome(row, "；".join(error.messages))


def keys_of(values: Iterable[str]) -> dict[int, int]:
    """Row key → version seen, from ``12.3`` (key.version), one more than :data:`MOST` at most; what cannot be read is
    left out.
    """
    found = {}
    for value in list(values)[: MOST + 1]:
        key, _dot, version = value.partition(".")
        if value.isascii() and key.isdigit() and version.isdigit() and len(key) <= 18 and len(version) <= 9:
            found[int(key)] = int(version)
    return found


def refused_words(outcomes: Iterable[Outcome], named: int = 10) -> str:
    """The rows that were refused, with their reasons, the first ``named`` of them by number."""
    refused = [outcome for outcome in outcomes if outcome.reason]
    words = "；".join(f"{getattr(outcome.row, 'number', outcome.row)} {outcome.reason}" for outcome in refused[:named])
    return f"{words}；另有 {len(refused) - named} 件" if len(refused) > named else words


class Batches:
    """The last batches of a user, in their session under ``name``; older ones can be taken back one by one."""

    kept = 5

    def __init__(self, session: Any, name: str) -> None:
        self.session, self.name = session, name

    def remember(self, outcomes: Iterable[Outcome], **told: Any) -> str:
        """Keep what was done, with what else is ``told`` of it; returns the batch's name."""
        batch, outcomes = secrets.token_hex(8), list(outcomes)
        last = list(self.session.get(self.name, {}).items())[1 - self.kept :]
        done = {str(outcome.row.pk): outcome.row.version for outcome in outcomes if not outcome.reason}
        refused = {str(outcome.row.pk): outcome.reason for outcome in outcomes if outcome.reason}
        about = {"at": timezone.now().isoformat(), "done": done, "refused": refused, **told}
        self.session[self.name] = {**dict(last), batch: about}
        return batch

    def get(self, batch: str) -> dict[str, Any] | None:
        """What is kept of a batch: ``at``, ``done`` (key → version), ``refused`` (key → reason), and what was told."""
        found: dict[str, Any] | None = self.session.get(self.name, {}).get(batch)
        return found

    def undone(self, batch: str) -> None:
        """Keep that it was taken back."""
        self.session[self.name][batch]["undone"] = True
        self.session.modified = True


def undo_ends(kept: Mapping[str, Any], minutes: int) -> datetime:
    """Until when a batch can be taken back."""
    return datetime.fromisoformat(kept["at"]) + timedelta(minutes=minutes)


def may_be_undone(kept: Mapping[str, Any], minutes: int) -> bool:
    """It was not taken back, and there is still time."""
    return not kept.get("undone") and timezone.now() < undo_ends(kept, minutes)

"""终止 by both sides."""

from typing import Any

from django.db.models import Max

from covenants.agreements.consequences import ended
from covenants.agreements.inputs import OPTIONAL_NOTE, REASON, not_alone
from covenants.agreements.models import Covenant, Status
from covenants.agreements.rights import is_party, side_of
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.time import moments


def _ask_end(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    covenant.end_asked_by = side_of(covenant, user)


def _answers_end(covenant: Covenant, user: Any) -> bool:
    """The side that did not ask."""
    side = side_of(covenant, user)
    return side is not None and covenant.end_asked_by == side.other


def _asked(covenant: Covenant) -> bool:
    return bool(covenant.end_asked_by)


def _end(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    asked = covenant.events.filter(action="ask_end").aggregate(last=Max("pk"))["last"]
    not_alone(covenant.events.filter(pk=asked), actor=user)
    covenant.end_asked_by, covenant.ended_at = "", moments.now()


def _call_off(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    ended(covenant, by=user)


def _go_on(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    covenant.end_asked_by = ""


TRANSITIONS = (
    Transition(
        action="ask_end",
        label="提出终止",
        source=frozenset({Status.ACTIVE}),
        target=None,
        allowed=is_party,
        ready=lambda covenant: not covenant.end_asked_by,
        inputs=REASON,
        change=_ask_end,
        sentence="提出终止协议",
        folded=True,
        grave=True,
    ),
    Transition(
        action="agree_end",
        label="同意终止",
        source=frozenset({Status.ACTIVE}),
        target=Status.TERMINATED,
        allowed=_answers_end,
        ready=_asked,
        inputs=OPTIONAL_NOTE,
        change=_end,
        effect=_call_off,
        sentence="同意终止，协议终止",
        grave=True,
        hint="未到期、未履约的事项随之取消；已到期的照常统计。",
    ),
    Transition(
        action="refuse_end",
        label="不同意终止",
        source=frozenset({Status.ACTIVE}),
        target=None,
        allowed=is_party,
        ready=_asked,
        inputs=REASON,
        change=_go_on,
        sentence="不终止，继续履约",
    ),
)

"""Commitments as lines: what was promised, what is done, what waits, and what one may do with each delivery."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from covenants.agreements.kinds import CommitmentKind, measured
from covenants.agreements.models import Covenant, Status
from covenants.deliveries.fulfilment import share_done
from covenants.deliveries.models import Commitment, Delivery
from covenants.deliveries.parameters import REMIND_DAYS
from covenants.deliveries.workflow import DELIVERIES, takes_deliveries
from suzhou_portal.lib.cases.acting import Action, buttons
from suzhou_portal.rules.parameters import parameter
from suzhou_portal.templatetags.portal import short_time

STATE_WORDS = {"done": "已履约", "cancelled": "已取消", "normal": "正常", "soon": "临期", "overdue": "超期"}


# --- Promises -------------------------------------------------------------------------------


@dataclass
class DeliveryLine:
    """A delivery with what the reader may do with it."""

    row: Delivery
    actions: list[Action] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Inputs of one of its actions are shown."""
        return any(action.is_open for action in self.actions)


@dataclass
class Line:
    """A commitment as the table shows it."""

    row: Commitment
    index: int
    state: str
    light: str
    promised: str
    done: str
    share: int
    milestones: list[tuple[Any, str]]
    deliveries: list[DeliveryLine]
    takes: bool
    form: Any = None

    @property
    def waiting(self) -> int:
        """Deliveries that wait for the receiving side."""
        return sum(line.row.status == Delivery.Status.SUBMITTED for line in self.deliveries)


def lines_of(covenant: Covenant, user: Any) -> list[Line]:
    """The commitments of ``covenant`` with their deliveries. Three queries, whatever their number."""
    today, remind = timezone.localdate(), parameter(REMIND_DAYS)
    rows = list(covenant.commitments.select_related("need").order_by("due_on", "id"))
    milestones, deliveries = _milestones(covenant), _deliveries(covenant, rows, user)
    lines = []
    for index, row in enumerate(rows, 1):
        row.covenant = covenant
        state = row.state(today, remind)
        lines.append(
            Line(
                row=row,
                index=index,
                state=state,
                light=state if state in ("normal", "soon", "overdue") and covenant.status == Status.ACTIVE else "",
                promised=promised_words(row),
                done=done_words(row),
                share=int(share_done(row) * 100),
                milestones=milestones[row.pk],
                deliveries=deliveries[row.pk],
                takes=takes_deliveries(row) and row.fulfilled_on is None,
            )
        )
    return lines


def due_words(lines: Iterable[Line]) -> str:
    """What of a running covenant is to be done next: "超期 1 项。下一项“消防演练”，11-22 到期，还有 3 天。"; "" for
    nothing.
    """
    today = timezone.localdate()
    left = [line.row for line in lines if line.light]  # by their days
    late = sum(row.due_on < today for row in left)
    ahead = next((row for row in left if row.due_on >= today), None)
    said = [f"超期 {late} 项"] if late else []
    if ahead is not None:
        said.append(f"下一项“{ahead}”，{short_time(ahead.due_on)} 到期，{days_left(ahead.due_on, today)}")
    return "".join(f"{part}。" for part in said)


def promised_words(row: Commitment) -> str:
    """How much was promised."""
    if row.kind == CommitmentKind.PROJECT:
        return f"{row.milestone_count} 个节点"
    return measured(row.kind, row.quantity, row.unit, row.amount)


def done_words(row: Commitment) -> str:
    """How much was delivered and confirmed."""
    if row.kind == CommitmentKind.PROJECT:
        return f"{row.done_milestones} / {row.milestone_count} 个节点"
    done = row.done_amount if row.kind == CommitmentKind.FUNDS else row.done_quantity
    promised = measured(row.kind, row.quantity, row.unit, row.amount)
    number = measured(row.kind, done, "", done).removesuffix(" 元")
    return f"{number} / {promised}"


def _milestones(covenant: Covenant) -> dict[int, list[tuple[Any, str]]]:
    """Commitment → its milestones with what became of each. Two queries."""
    # unscoped: parts of a covenant that the reader sees
    rows = covenant.commitments.model._meta.get_field("milestones").related_model.objects.filter(
        commitment__covenant=covenant, is_cancelled=False
    )
    done = dict(
        Delivery.objects.filter(commitment__covenant=covenant, milestone__isnull=False)
        .filter(status__in=[Delivery.Status.SUBMITTED, Delivery.Status.CONFIRMED])
        .values_list("milestone", "status")
    )
    words = {Delivery.Status.CONFIRMED: "已完成", Delivery.Status.SUBMITTED: "待确认"}
    found: dict[int, list[tuple[Any, str]]] = defaultdict(list)
    for row in rows.order_by("index"):
        found[row.commitment_id].append((row, words.get(done.get(row.pk), "未完成")))
    return found


def _deliveries(covenant: Covenant, commitments: list[Commitment], user: Any) -> dict[int, list[DeliveryLine]]:
    known = {row.pk: row for row in commitments}
    # unscoped: parts of a covenant that the reader sees
    rows = Delivery.objects.filter(commitment__covenant=covenant).exclude(status=Delivery.Status.WITHDRAWN)
    found: dict[int, list[DeliveryLine]] = defaultdict(list)
    for row in rows.select_related("milestone", "submitted_by", "decided_by").order_by("on", "id"):
        row.commitment = known[row.commitment_id]
        row.commitment.covenant = covenant
        found[row.commitment_id].append(DeliveryLine(row, _brief(row, user)))
    return found


def delivery_url(row: Delivery, action: str) -> str:
    """Where the step ``action`` of ``row`` is sent to."""
    return f"{row.get_absolute_url()}actions/{action}/"


def delivery_buttons(row: Delivery, user: Any, failed: Action | None = None, suffix: str = "") -> list[Action]:
    """What ``user`` may do with ``row``; ``suffix`` says in its addresses where the reader came from."""

    def url_of(name: str) -> str:
        return delivery_url(row, name) + suffix

    return [_named(action, row) for action in buttons(DELIVERIES, row, user, url_of, failed)]


def _brief(row: Delivery, user: Any) -> list[Action]:
    """What somebody waits for; corrections, which look up milestones, are made on the delivery's own page."""
    if row.status != Delivery.Status.SUBMITTED:
        return []
    return delivery_buttons(row, user)


def _named(action: Action, row: Delivery) -> Action:
    """Many deliveries stand on one page: their inputs and buttons need names of their own."""
    action.anchor = f"d{row.pk}-{action.transition.action}"
    action.form.auto_id = f"id_d{row.pk}_{action.transition.action}_%s"
    return action


def funds_words(lines: Iterable[Line]) -> str:
    """The money of all commitments that count: "已到账 600.00 元，共 1,000.00 元"; "" for none."""
    rows = [line.row for line in lines if line.row.kind == CommitmentKind.FUNDS and not line.row.is_cancelled]
    if not rows:
        return ""
    promised, done = sum((row.amount or Decimal(0) for row in rows), Decimal(0)), sum(row.done_amount for row in rows)
    return f"资金已到账 {done:,.2f} 元，共 {promised:,.2f} 元"


def days_left(due: date, today: date) -> str:
    """ "还有 3 天", "就是今天"; ``due`` has not passed."""
    days = (due - today).days
    return f"还有 {days} 天" if days else "就是今天"

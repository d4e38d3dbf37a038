"""A covenant in words and lines: where it stands on its road, whom it waits for, its promises, its story."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from covenants.models import Commitment, CommitmentKind, Covenant, CovenantEvent, Delivery, Revision, Side
from covenants.models.covenants import STAGES, Status
from covenants.models.terms import measured
from covenants.parameters import REMIND_DAYS
from covenants.sealing import handed_in
from covenants.services.fulfilment import share_done
from covenants.terms import Comparison, Terms, compare
from covenants.workflow import sentence_of
from covenants.workflow.deliveries import DELIVERIES, takes_deliveries
from suzhou_portal.lib.cases.acting import Action, buttons
from suzhou_portal.rules.parameters import parameter
from suzhou_portal.templatetags.portal import long_date, short_time

STOPPED = {Status.DROPPED: 0, Status.TERMINATED: 2}
STATE_WORDS = {"done": "已履约", "cancelled": "已取消", "normal": "正常", "soon": "临期", "overdue": "超期"}


# --- The road -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A stage of the loop: ``state`` is done, now, ahead or stopped; ``when`` says since when, or until when."""

    label: str
    state: str
    when: str

    @property
    def said(self) -> str:
        """The state in words, for those who do not see the road."""
        return {"done": "已完成", "now": "进行中", "ahead": "未开始", "stopped": "已终止"}[self.state]


def road(covenant: Covenant) -> list[Stage]:
    """The four stages 谈 – 签 – 履 – 评."""
    order = [status for _label, status in STAGES]
    stopped = STOPPED.get(Status(covenant.status))
    here = len(order) if covenant.status == Status.CLOSED else stopped
    if here is None:
        here = order.index(Status(covenant.status))
    whens = _whens(covenant)
    stages = []
    for index, (label, _status) in enumerate(STAGES):
        state = "done" if index < here else "now" if index == here else "ahead"
        if index == stopped:
            state = "stopped"
        stages.append(Stage(label, state, whens[index] if state != "ahead" else ""))
    return stages


def _whens(covenant: Covenant) -> tuple[str, str, str, str]:
    ended = short_time(timezone.localtime(covenant.ended_at).date()) if covenant.ended_at else ""
    term = f"{short_time(covenant.begins)} 至 {short_time(covenant.ends)}" if covenant.begins else ""
    if covenant.status == Status.TERMINATED:
        term = f"{ended} 终止"
    until = f"至 {short_time(covenant.evaluate_until)}" if covenant.evaluate_until else ""
    return (
        f"{short_time(timezone.localtime(covenant.created_at).date())} 起",
        short_time(covenant.signed_on) if covenant.signed_on else "双方已同意",
        term,
        f"{ended} {covenant.result}" if covenant.status == Status.CLOSED else until,
    )


def waiting_words(covenant: Covenant) -> str:
    """What it waits for, in a sentence."""
    match covenant.status:
        case Status.NEGOTIATING if not covenant.revision:
            return "还没有文稿，任一方可提出第 1 稿。"
        case Status.NEGOTIATING:
            return f"第 {covenant.revision} 稿，等{_who_has_not(covenant)}答复。"
        case Status.AGREED:
            return f"双方已同意第 {covenant.revision} 稿，等{covenant.place}登记签约。"
        case Status.ACTIVE if covenant.end_asked_by:
            asked = Side(covenant.end_asked_by)
            return f"{covenant.party(asked)}提出终止，等{covenant.party(asked.other)}答复；答复前照常履约。"
        case Status.ACTIVE if covenant.change_pending:
            waits = f"变更稿（第 {covenant.revision} 稿）等{_who_has_not(covenant)}答复"
            return f"{waits}；答复前按第 {covenant.in_force} 稿履约。"
        case Status.ACTIVE:
            return f"履约至 {long_date(covenant.ends)}。"
        case Status.EVALUATING:
            given = handed_in(covenant)
            told = [f"{covenant.party(side)}{'已评' if side in given else '未评'}" for side in Side]
            return f"评约至 {long_date(covenant.evaluate_until)}：{'，'.join(told)}。"
        case _:
            return ""


def _who_has_not(covenant: Covenant) -> str:
    return "、".join(covenant.party(side) for side in Side if covenant.accepts(side) < covenant.revision)


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


def delivery_buttons(row: Delivery, user: Any, failed: Action | None = None) -> list[Action]:
    """What ``user`` may do with ``row``."""
    return [
        _named(action, row) for action in buttons(DELIVERIES, row, user, lambda name: delivery_url(row, name), failed)
    ]


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


# --- The negotiation ------------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """A draft with what it changes; ``party`` proposed it."""

    row: Revision
    party: str
    terms: Terms
    changes: Comparison
    is_newest: bool
    is_in_force: bool
    accepted_by: str


def drafts_of(covenant: Covenant) -> list[Draft]:
    """All drafts, the newest first, each compared with the one before it. One query."""
    found: list[Draft] = []
    before: Terms | None = None
    for row in covenant.revisions.select_related("by").order_by("index"):
        terms = Terms.of(row.terms)
        agreed = [covenant.party(side) for side in Side if covenant.accepts(side) == row.index]
        found.append(
            Draft(
                row=row,
                party=covenant.party(row.side),
                terms=terms,
                changes=compare(before, terms),
                is_newest=row.index == covenant.revision,
                is_in_force=row.index == covenant.in_force,
                accepted_by="、".join(agreed),
            )
        )
        before = terms
    return found[::-1]


# --- The story ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A line of the timeline: "11-22 14:05 民主街社区 张三 提出第 2 稿：人手不够"."""

    at: Any
    who: str
    sentence: str
    note: str


def steps_of(covenant: Covenant, events: Iterable[CovenantEvent]) -> list[Step]:
    """``events`` (with their actors) as lines; no query."""
    return [
        Step(
            at=event.at,
            who=" ".join(filter(None, [covenant.party(event.side), str(event.actor) if event.actor_id else "系统"])),
            sentence=sentence_of(event),
            note=event.note,
        )
        for event in events
    ]


def days_left(due: date, today: date) -> str:
    """ "还有 3 天", "就是今天"; ``due`` has not passed."""
    days = (due - today).days
    return f"还有 {days} 天" if days else "就是今天"

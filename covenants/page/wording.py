"""A covenant in words: where it stands on its road, and whom it waits for."""

from dataclasses import dataclass

from django.utils import timezone

from covenants.agreements.models import STAGES, Covenant, Side, Status
from covenants.evaluation.sealing import handed_in
from suzhou_portal.templatetags.portal import long_date, short_time

STOPPED = {Status.DROPPED: 0, Status.TERMINATED: 2}


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

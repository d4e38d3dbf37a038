"""调解登记表, 调解记录, 调解协议书. What names the parties is left blank, to be filled in and signed by hand.

The agreement follows 人民调解法 article 29: parties, matter, responsibility, contents, how and until when it is
performed; signed by the parties and the mediator.
"""

from typing import Any

from django.utils import timezone

from grids.issues.paper_words import moment_words
from grids.mediation.models import Mediation
from grids.places.finding import describe
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.papers import Paper
from suzhou_portal.lib.documents.rendering import declare_docx
from suzhou_portal.templatetags.portal import long_date

name_actions({"mediation.document": "打印文书"}, group="调处化解")
BLANKS = "\n".join(["＿" * 31] * 4)
FIELDS = {
    "number": "编号",
    "date": "日期",
    "sender": "调解单位",
    "kind": "纠纷类型",
    "place": "地点",
    "party_a": "甲方是什么人、什么单位",
    "party_b": "乙方是什么人、什么单位",
    "party_c": "丙方是什么人、什么单位",
    "summary": "纠纷情况",
    "registered": "登记时间",
    "accepted": "受理时间",
    "limit": "调处期限",
    "mediators": "调解人",
    "held": "调解次数",
    "talks": "调解经过",
    "outcome": "结果",
    "agreement": "协议要点，没有的为空行",
    "printed": "打印人和时间",
}


def mediators_of(row: Mediation) -> str:
    """All who mediate or have mediated, each once."""
    found = row.mediators.select_related("post", "organisation")
    return "、".join(dict.fromkeys(str(mediator) for mediator in found))


def talks_of(row: Mediation) -> str:
    """The sessions, a paragraph each."""
    told = []
    for session in row.sessions.prefetch_related("mediators__post", "mediators__organisation"):
        who = "、".join(dict.fromkeys(map(str, session.mediators.all())))
        step = f"　下一步：{session.next_step}" if session.next_step else ""
        told.append(f"{long_date(session.held_on)}（{who}）：{session.said}{step}")
    return "\n".join(told)


def outcome_words(row: Mediation) -> str:
    """How it ended, "" while it runs."""
    if not row.outcome:
        return ""
    words = str(row.get_outcome_display())
    if row.route:
        words += f"：{row.get_route_display()}"
    if row.agreement is not None:
        words += "，有书面协议" if row.agreement else "，口头协议"
    return f"{words}（{long_date(row.concluded_at)}）"


def context(row: Mediation, user: Any) -> dict[str, Any]:
    """What stands on the forms. Five queries."""
    agreed = row.events.filter(action="succeed").order_by("-id").values_list("note", flat=True).first()
    return {
        "number": row.number,
        "date": long_date(timezone.localdate()),
        "sender": str(row.community or row.street),
        "kind": row.kind.name,
        "place": describe(row.place),
        "party_a": row.get_party_a_display(),
        "party_b": row.get_party_b_display(),
        "party_c": row.get_party_c_display() if row.party_c else "",
        "summary": row.summary,
        "registered": moment_words(row.registered_at),
        "accepted": moment_words(row.accepted_at),
        "limit": moment_words(row.due_at),
        "mediators": mediators_of(row),
        "held": str(row.sessions_held),
        "talks": talks_of(row),
        "outcome": outcome_words(row),
        "agreement": agreed if agreed and row.outcome == "succeeded" else BLANKS,
    }


def _paper(code: str, title: str) -> Paper:
    name = f"mediation_{code}"
    return Paper(code, title, f"documents/_{name}.html", context, declare_docx(name, title, FIELDS))


PAPERS = (
    _paper("registration", "纠纷调解登记表"),
    _paper("record", "调解记录"),
    _paper("agreement", "调解协议书"),
)


def papers_of(row: Mediation) -> list[Paper]:
    """The documents of ``row`` now: records once there was a session; an agreement while none is against it."""
    shown = {"registration"} | ({"record", "agreement"} if row.sessions_held else set())
    if row.outcome not in ("", "succeeded"):
        shown.discard("agreement")
    return [paper for paper in PAPERS if paper.code in shown]

"""调解登记表, 调解记录, 调解协议书. What names the parties is left blank, to be filled in and signed by hand.

The agreement follows 人民调解法 article 29: parties, matter, responsibility, contents, how and until when it is
performed; signed by the parties and the mediator.
"""

from collections.abc import Callable
from typing import Any

from grids.issues.paper_words import moment_words
from grids.mediation.models import Mediation
from grids.places.finding import place_words
from suzhou_portal.lib.cases.papers import Paper
from suzhou_portal.lib.documents.rendering import declare_docx
from suzhou_portal.templatetags.portal import long_date

BLANKS = "\n".join(["＿" * 31] * 4)


def mediators_of(row: Mediation) -> str:
    """All who mediate or have mediated, each once."""
    found = row.mediators.select_related("post", "organisation")
    return "、".join(dict.fromkeys(str(mediator) for mediator in found))


def talks_of(row: Mediation) -> str:
    """The sessions, a paragraph each."""
    told = []
    for session in row.talks():
        step = f"　下一步：{session.next_step}" if session.next_step else ""
        told.append(f"{long_date(session.held_on)}（{'、'.join(session.who)}）：{session.said}{step}")
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


def agreed_words(row: Mediation) -> str:
    """What was agreed, or lines to write it on."""
    agreed = row.events.filter(action="succeed").order_by("-id").values_list("note", flat=True).first()
    return agreed if agreed and row.outcome == "succeeded" else BLANKS


# What stands on the forms: what it is called in the list of fields, and what it says of a mediation.
LINES: dict[str, tuple[str, Callable[[Mediation], str]]] = {
    "sender": ("调解单位", lambda row: str(row.community or row.street)),
    "kind": ("纠纷类型", lambda row: row.kind.name),
    "place": ("地点", place_words),
    "party_a": ("甲方是什么人、什么单位", lambda row: row.get_party_a_display()),
    "party_b": ("乙方是什么人、什么单位", lambda row: row.get_party_b_display()),
    "party_c": ("丙方是什么人、什么单位", lambda row: row.get_party_c_display()),
    "summary": ("纠纷情况", lambda row: row.summary),
    "registered": ("登记时间", lambda row: moment_words(row.registered_at)),
    "accepted": ("受理时间", lambda row: moment_words(row.accepted_at)),
    "limit": ("调处期限", lambda row: moment_words(row.due_at)),
    "mediators": ("调解人", mediators_of),
    "held": ("调解次数", lambda row: str(row.sessions_held)),
    "talks": ("调解经过", talks_of),
    "outcome": ("结果", outcome_words),
    "agreement": ("协议要点，没有的为空行", agreed_words),
}
FIELDS = {"number": "编号", "date": "日期", "printed": "打印人和时间"}
FIELDS |= {name: said for name, (said, _words) in LINES.items()}


def fill(row: Mediation, user: Any) -> dict[str, Any]:
    """What stands on the forms. Five queries."""
    return {name: words(row) for name, (_said, words) in LINES.items()}


def _paper(code: str, title: str, exists: Callable[[Mediation], bool]) -> Paper:
    name = f"mediation_{code}"
    return Paper(code, title, f"documents/_{name}.html", fill, declare_docx(name, title, FIELDS), exists)


PAPERS = (
    _paper("registration", "纠纷调解登记表", lambda row: True),
    _paper("record", "调解记录", lambda row: row.sessions_held > 0),
    _paper("agreement", "调解协议书", lambda row: row.sessions_held > 0 and row.outcome in ("", "succeeded")),
)

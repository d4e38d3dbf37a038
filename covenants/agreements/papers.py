"""共建协议书 on paper: parties, term, what was promised, room for signatures and seals.

Before the signing it says what both sides have accepted, so that it can be signed by hand; afterwards what is
in force.
"""

from typing import Any

from covenants.agreements.models import Covenant, Status
from covenants.agreements.terms import Item, Terms
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.papers import Paper
from suzhou_portal.lib.documents.rendering import declare_docx
from suzhou_portal.templatetags.portal import long_date

FIELDS: dict[str, Any] = {
    "number": "协议编号",
    "name": "协议名称",
    "place": "甲方（社区、街道）",
    "unit": "乙方（单位）",
    "begins": "协议起",
    "ends": "协议止",
    "purpose": "共建目标",
    "rows": {
        "index": "序号",
        "kind": "类型",
        "title": "事项（连同节点）",
        "much": "数量或金额",
        "due": "期限",
    },
    "total": "资金合计",
    "place_signatory": "甲方签约人",
    "unit_signatory": "乙方签约人",
    "signed": "签约日期",
    "printed": "打印人和时间",
}
DOCX = declare_docx("covenant", "共建协议书", FIELDS)
BLANK_DAY = "　　　　年　　月　　日"
name_actions({"covenant.document": "打印文书", "covenant.begin": "发起商谈"}, group="共建协议")


def is_agreed(covenant: Covenant) -> bool:
    """Both sides have accepted a draft."""
    return covenant.is_signed or covenant.status == Status.AGREED


def context(covenant: Covenant) -> dict[str, Any]:
    """What stands on the form: the draft in force, whatever became of its items since. One query."""
    stored = covenant.revisions.get(index=covenant.in_force or covenant.revision)
    terms = Terms.of(stored.terms)
    rows = _rows(terms)
    amounts = [row.pop("amount") for row in rows]
    total = sum(amount for amount in amounts if amount)
    return {
        "name": covenant.title,
        "sender": str(covenant.place),
        "place": str(covenant.place),
        "unit": covenant.organisation.name,
        "begins": long_date(covenant.begins or terms.begins),
        "ends": long_date(covenant.ends or terms.ends),
        "purpose": terms.purpose,
        "rows": rows,
        "total": f"{total:,.2f} 元" if total else "",
        "place_signatory": covenant.place_signatory,
        "unit_signatory": covenant.unit_signatory,
        "signed": long_date(covenant.signed_on) if covenant.signed_on else BLANK_DAY,
    }


def _rows(terms: Terms) -> list[dict[str, Any]]:
    ordered = sorted(terms.items, key=lambda item: item.due_on)
    return [_row(index, item) for index, item in enumerate(ordered, 1)]


def _row(index: int, item: Item) -> dict[str, Any]:
    """A line of the table."""
    steps = [f"{number}. {node.title}（{long_date(node.due_on)}）" for number, node in enumerate(item.nodes, 1)]
    return {
        "index": str(index),
        "kind": item.kind_words,
        "title": "\n".join([item.title, *steps]),
        "much": f"{len(steps)} 个节点" if steps else item.measure,
        "due": long_date(item.due_on),
        "amount": item.amount,
    }


AGREEMENT = Paper(
    *("agreement", "共建协议书", "documents/_covenant.html"), lambda covenant, user: context(covenant), DOCX, is_agreed
)

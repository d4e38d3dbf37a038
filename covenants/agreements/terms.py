"""What a draft says: the terms of a covenant as a value, checked, stored as JSON, and compared.

Every item and milestone keeps its ``key`` from draft to draft, so that the other side is shown
exactly what changed: added, removed, or which field went from what to what.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from covenants.agreements.kinds import CommitmentKind, measured

MOST_ITEMS = 40
MOST_MILESTONES = 12
PLACES = Decimal("0.01")
LARGEST = Decimal("9999999999.99")
LABELS = {
    "key": "标识",
    "title": "名称",
    "begins": "协议起",
    "ends": "协议止",
    "purpose": "共建目标",
    "kind": "类型",
    "quantity": "数量",
    "unit": "单位",
    "amount": "金额（元）",
    "due_on": "期限",
    "need": "对应需求",
    "offer": "所用资源",
}

# As the columns of a commitment are; the key is made by the portal.
LONGEST = {"title": 120, "unit": 10, "key": 12, "need": 20, "offer": 20}
YEARS = range(2000, 2100)
# What no reader sees, or what makes them read another order than was written; lines and tabs stay.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
WRONG_YEAR = "日期须在 2000 至 2099 年之间。"


def new_key() -> str:
    """A key for a new item or milestone."""
    return secrets.token_hex(4)


@dataclass(frozen=True)
class Node:
    """A milestone of a project."""

    key: str
    title: str
    due_on: date


@dataclass(frozen=True)
class Item:
    """A commitment as proposed. ``amount`` in yuan; ``need``: the number of the need that it meets, ``offer``: of
    the unit's offer that it draws on, or "".
    """

    key: str
    kind: str
    title: str
    due_on: date
    quantity: Decimal | None = None
    unit: str = ""
    amount: Decimal | None = None
    need: str = ""
    offer: str = ""
    nodes: tuple[Node, ...] = ()

    @property
    def kind_words(self) -> str:
        """The kind as people read it."""
        return str(CommitmentKind(self.kind).label)

    @property
    def measure(self) -> str:
        """How much: "3 盏", "1,000.00 元"; "" for a project, which has milestones."""
        return measured(self.kind, self.quantity, self.unit, self.amount)


@dataclass(frozen=True)
class Problem:
    """A contradiction: the field that it is about ("" for the whole), what is wrong, and of which item."""

    field: str
    told: str
    item: int | None = None

    @property
    def sentence(self) -> str:
        """With the number of the item, counted from 1."""
        return self.told if self.item is None else f"第 {self.item + 1} 项：{self.told}"


def title_between(place: Any, organisation: Any) -> str:
    """What a covenant between these two is called where nobody says otherwise."""
    return f"{place}与{organisation}共建协议"[:80]


@dataclass(frozen=True)
class Terms:
    """All that the parties agree on."""

    title: str
    begins: date
    ends: date
    purpose: str = ""
    items: tuple[Item, ...] = ()

    def check(self) -> None:
        """Raise ``ValidationError`` with every contradiction, in Chinese."""
        found = [problem.sentence for problem in self.problems()]
        if found:
            raise ValidationError(found)

    def problems(self) -> Iterator["Problem"]:
        """Every contradiction, with the field and item that it is about."""
        yield from self._wrong_head()
        if any(_UNSEEN.search(text) for text in self.texts):
            yield Problem("", "文字中有看不见的控制字符，请删去后重新填写。")
        if not self.items:
            yield Problem("", "请至少约定一项。")
        if len(self.items) > MOST_ITEMS:
            yield Problem("", f"一份协议最多约定 {MOST_ITEMS} 项。")
        if len({item.key for item in self.items}) != len(self.items):
            yield Problem("", "约定事项重复，请刷新后重试。")
        for index, item in enumerate(self.items):
            for field, told in _problems_of(item, self):
                yield Problem(field, told, index)

    def _wrong_head(self) -> Iterator["Problem"]:
        if not self.title.strip():
            yield Problem("title", "请填写协议名称。")
        for name, most in (("title", 80), ("purpose", 500)):
            if len(getattr(self, name)) > most:
                yield Problem(name, f"{LABELS[name] if name == 'purpose' else '协议名称'}最多 {most} 字。")
        for name in ("begins", "ends"):
            if getattr(self, name).year not in YEARS:
                yield Problem(name, WRONG_YEAR)
        if self.ends < self.begins:
            yield Problem("ends", "协议止不能早于协议起。")

    def json(self) -> dict[str, Any]:
        """The terms as stored."""
        return _plain(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Terms":
        """The terms that :meth:`json` stored, or that a program sends, which may leave out what is empty.

        Raises ``TypeError``, ``ValueError``, ``KeyError`` or ``ArithmeticError`` for anything else.
        """
        begins, ends = (date.fromisoformat(stored[name]) for name in ("begins", "ends"))
        items = tuple(_item(row) for row in _rows(stored.get("items")))
        return cls(_text(stored["title"]), begins, ends, _text(stored.get("purpose", "")), items)

    @property
    def texts(self) -> set[str]:
        """Everything in it that somebody typed freely."""
        titles = [row.title for item in self.items for row in (item, *item.nodes)]
        return {self.title, self.purpose, *titles, *(item.unit for item in self.items)} - {""}


def unknown_names(sent: Any) -> set[str]:
    """The fields of a draft, as a program sends it, that no draft has."""
    return {name for rows, kind in _levels(sent) for row in rows for name in set(row) - {f.name for f in fields(kind)}}


def _levels(sent: Any) -> Iterator[tuple[list[dict[str, Any]], type]]:
    heads = _rows([sent])
    items = [item for head in heads for item in _rows(head.get("items"))]
    yield heads, Terms
    yield items, Item
    yield [node for item in items for node in _rows(item.get("nodes"))], Node


def _item(row: dict[str, Any]) -> Item:
    return Item(
        key=_text(row.get("key") or new_key()),
        kind=_text(row["kind"]),
        title=_text(row["title"]),
        due_on=date.fromisoformat(row["due_on"]),
        quantity=_decimal(row.get("quantity")),
        unit=_text(row.get("unit", "")),
        amount=_decimal(row.get("amount")),
        need=_text(row.get("need", "")),
        offer=_text(row.get("offer", "")),
        nodes=tuple(
            Node(_text(node.get("key") or new_key()), _text(node["title"]), date.fromisoformat(node["due_on"]))
            for node in _rows(row.get("nodes"))
        ),
    )


def _rows(value: Any) -> list[dict[str, Any]]:
    rows = [] if value is None else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError("rows are a list of objects")
    return rows


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("texts are text")
    if "\x00" in value:
        raise ValueError("no database holds this character")
    return value


def _problems_of(item: Item, terms: Terms) -> Iterator[tuple[str, str]]:
    if not item.title.strip():
        yield "title", "请填写事项。"
    if item.kind not in CommitmentKind.values:
        yield "kind", "请选择类型。"
    if not terms.begins <= item.due_on <= terms.ends:
        yield "due_on", "期限须在协议期内。"
    yield from _wrong_lengths(item)
    yield from _wrong_numbers(item)
    yield from _wrong_nodes(item, terms)


def _wrong_lengths(item: Item) -> Iterator[tuple[str, str]]:
    for name, most in LONGEST.items():
        if len(getattr(item, name)) > most:
            yield name, f"{LABELS[name]}最多 {most} 字。"


def _wrong_numbers(item: Item) -> Iterator[tuple[str, str]]:
    if item.kind == CommitmentKind.TASK and not item.quantity:
        yield "quantity", "实事须填写数量。"
    if (item.kind == CommitmentKind.FUNDS) != bool(item.amount):
        yield "amount", "资金类事项填写金额，其他事项不填金额。"
    for name in ("quantity", "amount"):
        number: Decimal | None = getattr(item, name)
        if number is not None and not 0 < number <= LARGEST:
            yield name, "数量、金额须大于 0。"
        elif number is not None and number != number.quantize(PLACES):
            yield name, "数量、金额最多两位小数。"


def _wrong_nodes(item: Item, terms: Terms) -> Iterator[tuple[str, str]]:
    if item.nodes and item.kind != CommitmentKind.PROJECT:
        yield "nodes", "只有服务项目设节点。"
    if item.kind == CommitmentKind.PROJECT and not item.nodes:
        yield "nodes", "服务项目至少设一个节点。"
    if len(item.nodes) > MOST_MILESTONES:
        yield "nodes", f"一个项目最多 {MOST_MILESTONES} 个节点。"
    if len({node.key for node in item.nodes}) != len(item.nodes):
        yield "nodes", "节点重复，请刷新后重试。"
    if any(len(node.title) > 60 or len(node.key) > LONGEST["key"] for node in item.nodes):
        yield "nodes", "节点名称最多 60 字。"
    if any(not node.title.strip() or not terms.begins <= node.due_on <= item.due_on for node in item.nodes):
        yield "nodes", "节点须有名称，期限不晚于本项期限。"


def _plain(value: Any) -> Any:
    if isinstance(value, (Terms, Item, Node)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return None if value is None else value if isinstance(value, str) else str(value)


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError("numbers are numbers")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("numbers are finite")
    return number


# --- comparing ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Edit:
    """A field that differs: its Chinese name, before, after ("" for nothing)."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """An item of the newer draft or, removed, of the older one, with what changed.

    ``mark``: added, removed, changed, or "" for what is as it was.
    """

    item: Item
    mark: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What a draft changes: of the covenant itself, and line by line, removed items last."""

    edits: tuple[Edit, ...]
    lines: tuple[Line, ...]

    @property
    def nothing(self) -> bool:
        """Both drafts say the same."""
        return not self.edits and all(not line.mark for line in self.lines)


def compare(older: Terms | None, newer: Terms) -> Comparison:
    """What ``newer`` changes; before a first draft there was nothing, and all its items are added."""
    if older is None:
        return Comparison((), tuple(Line(item, "added") for item in newer.items))
    known = {item.key: item for item in older.items}
    lines = []
    for item in newer.items:
        before = known.pop(item.key, None)
        if before is None:
            lines.append(Line(item, "added"))
            continue
        edits = (*_edits(before, item, ("kind", "title", "quantity", "unit", "amount", "due_on", "need", "offer")),)
        edits = (*edits, *_node_edits(before.nodes, item.nodes))
        lines.append(Line(item, "changed" if edits else "", edits))
    lines += [Line(item, "removed") for item in known.values()]
    return Comparison(tuple(_edits(older, newer, ("title", "begins", "ends", "purpose"))), tuple(lines))


def _edits(before: Any, after: Any, names: Iterable[str]) -> Iterator[Edit]:
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Edit(LABELS[name], said(name, old), said(name, new))


def _node_edits(before: tuple[Node, ...], after: tuple[Node, ...]) -> Iterator[Edit]:
    old, new = ({node.key: f"{node.title}（{node.due_on}）" for node in nodes} for nodes in (before, after))
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield Edit("节点", old.get(key, ""), new.get(key, ""))


def said(name: str, value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if name == "kind":
        return str(CommitmentKind(value).label)
    if not isinstance(value, Decimal):
        return str(value)
    return f"{value:,.2f}" if name == "amount" else measured(CommitmentKind.TASK, value, "", None)

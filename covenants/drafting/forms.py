"""The form of a draft: its head, a row per item, a row per milestone of a project.

Works without script: empty rows mean nothing, a button sends the form and gets it back with another row. Rows
are told apart by the numbers in their names (``items-2-nodes-0-title``), and keep the key by which the
other side is shown what changed.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.terms import LABELS, LARGEST, MOST_ITEMS, MOST_MILESTONES, Item, Node, Terms, new_key
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.text.free_text import FreeTextMixin

_ITEM = re.compile(r"items-(\d{1,3})-\w+")
_NODE = re.compile(r"items-(\d{1,3})-nodes-(\d{1,3})-\w+")
BAD_DATE = "请按 2026-11-22 的样子填写日期。"
BAD_NUMBER = "请填写数字。"


def _day(label: str, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        widget=DayInput(),
        error_messages={"required": f"请填写{label}。", "invalid": BAD_DATE},
    )


class SometimesDecimalField(forms.DecimalField):
    """A number that some kinds of items need: not called optional."""

    needed_sometimes = True


class SometimesCharField(forms.CharField):
    """The same of a text."""

    needed_sometimes = True


def _number(label: str) -> forms.DecimalField:
    return SometimesDecimalField(
        label=label,
        required=False,
        max_value=LARGEST,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": BAD_NUMBER, "max_decimal_places": "最多两位小数。", "max_value": "数额太大。"},
    )


class KnownTextsMixin(FreeTextMixin):
    """Texts of the draft before were looked at when it was proposed: they ask no second time."""

    known: frozenset[str] = frozenset()

    def _texts_typed(self, cleaned: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in super()._texts_typed(cleaned):
            if value not in self.known:
                yield name, value


class RowForm(KnownTextsMixin, forms.Form):
    """Base: a row that counts only when something was typed into it, or when it stood there before."""

    use_required_attribute = False
    key = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    gone = forms.BooleanField(required=False, label="删去")
    typed_in: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Nothing was typed."""
        return self.is_bound and not any(str(self[name].value() or "").strip() for name in self.typed_in)

    @property
    def is_left_out(self) -> bool:
        """It is blank, or struck out."""
        return self.is_bound and (self.is_blank or bool(self["gone"].value()))


class NodeForm(RowForm):
    """A milestone."""

    title = forms.CharField(label="节点", max_length=60, error_messages={"required": "请填写节点名称。"})
    due_on = _day("期限")
    typed_in = ("title", "due_on")


class ItemForm(RowForm):
    """A commitment as proposed, with its milestones."""

    kind = forms.ChoiceField(label="类型", choices=CommitmentKind.choices, initial=CommitmentKind.TASK)
    title = forms.CharField(label="事项", max_length=120, error_messages={"required": "请填写事项。"})
    quantity = _number("数量")
    unit = SometimesCharField(label="计量单位", max_length=10, required=False)
    amount = _number("金额（元）")
    due_on = _day("期限")
    need = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    offer = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    typed_in = ("title", "quantity", "amount", "due_on")

    nodes: list[NodeForm]

    @property
    def kept_nodes(self) -> list[NodeForm]:
        """The milestones that count; of anything but a project none."""
        is_project = self["kind"].value() == CommitmentKind.PROJECT
        return [node for node in self.nodes if not node.is_left_out] if is_project else []

    def item(self) -> Item:
        """The row as a value; it is valid."""
        data = self.cleaned_data
        is_funds, is_task = data["kind"] == CommitmentKind.FUNDS, data["kind"] == CommitmentKind.TASK
        return Item(
            key=data["key"] or new_key(),
            kind=data["kind"],
            title=data["title"],
            due_on=data["due_on"],
            quantity=None if is_funds else data["quantity"],
            unit=data["unit"] if is_task else "",
            amount=data["amount"] if is_funds else None,
            need=data["need"],
            offer=data["offer"],
            nodes=tuple(
                Node(node.cleaned_data["key"] or new_key(), node.cleaned_data["title"], node.cleaned_data["due_on"])
                for node in self.kept_nodes
            ),
        )


class HeadForm(KnownTextsMixin, forms.Form):
    """What is agreed on as a whole."""

    use_required_attribute = False
    title = forms.CharField(label="协议名称", max_length=80, error_messages={"required": "请填写协议名称。"})
    begins = _day(LABELS["begins"])
    ends = _day(LABELS["ends"])
    purpose = forms.CharField(
        label=LABELS["purpose"], max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    note = forms.CharField(
        label="给对方的说明", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class DraftForm:
    """A whole draft: ``head`` and ``items``. Unbound it shows ``terms``, bound what was typed.

    ``named`` is the title of a draft whose title was left empty; without it there must be one.
    """

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, terms: Terms | None = None, named: str | None = None
    ) -> None:
        self.data, self.is_bound, self.named = data, data is not None, named
        self.terms: Terms | None = None
        known = frozenset(terms.texts if terms else ())
        if data is not None:
            self.head = HeadForm(data)
            self.items = [self._bound(index) for index in _numbers(_ITEM, data)[: MOST_ITEMS + 10]]
        else:
            names = ("title", "begins", "ends", "purpose") if terms else ()
            self.head = HeadForm(initial={name: getattr(terms, name) for name in names})
            self.items = [self._shown(index, item) for index, item in enumerate(terms.items if terms else ())]
        if named is not None:
            self.head.fields["title"].required = False
            self.head.fields["title"].help_text = "留空则为“双方名称＋共建协议”。"
        if not self.items:
            self.add_item()
        for form in (self.head, *self._rows()):
            form.known = known

    # --- rows ---------------------------------------------------------------------------

    def _bound(self, index: int) -> ItemForm:
        form = ItemForm(self.data, prefix=f"items-{index}")
        numbers = _numbers(_NODE, self.data or {}, str(index))
        form.nodes = [
            NodeForm(self.data, prefix=f"items-{index}-nodes-{number}") for number in numbers[: MOST_MILESTONES + 5]
        ]
        return form

    def _shown(self, index: int, item: Item) -> ItemForm:
        initial = {name: getattr(item, name) for name in ("key", "kind", "title", "quantity", "unit", "amount")}
        more = {"due_on": item.due_on, "need": item.need, "offer": item.offer}
        form = ItemForm(prefix=f"items-{index}", initial={**initial, **more})
        form.nodes = [
            NodeForm(
                prefix=f"items-{index}-nodes-{number}",
                initial={"key": node.key, "title": node.title, "due_on": node.due_on},
            )
            for number, node in enumerate(item.nodes)
        ]
        return form

    def _next(self, forms_: list[Any]) -> int:
        return max((int(str(form.prefix).rpartition("-")[2]) for form in forms_), default=-1) + 1

    def add_item(self) -> None:
        """One more empty item."""
        form = ItemForm(prefix=f"items-{self._next(self.items)}")
        form.nodes = []
        self.items.append(form)

    def add_node(self, prefix: str) -> None:
        """One more empty milestone of the item with this prefix, if there is one."""
        for item in self.items:
            if item.prefix == prefix:
                item.nodes.append(NodeForm(prefix=f"{prefix}-nodes-{self._next(item.nodes)}"))

    @property
    def kept(self) -> list[ItemForm]:
        """The items that count."""
        return [item for item in self.items if item.is_bound and not item.is_left_out]

    @property
    def blank(self) -> ItemForm:
        """The pattern of an item, for the script that adds one; its number is ``__i__``, its milestone's ``__n__``."""
        form = ItemForm(prefix="items-__i__")
        form.nodes = [NodeForm(prefix="items-__i__-nodes-__n__")]
        return form

    # --- checking -----------------------------------------------------------------------

    def is_valid(self) -> bool:
        """Check every row, then the whole; errors stand beside their fields. True: :attr:`terms` is there."""
        rows: list[KnownTextsMixin] = [self.head, *self._rows()]
        for form in rows:  # every one, so that all errors are told at once
            form.full_clean()
        if any(form.errors for form in rows):
            return False
        head = self.head.cleaned_data
        items = tuple(form.item() for form in self.kept)
        terms = Terms(head["title"] or self.named or "", head["begins"], head["ends"], head["purpose"], items)
        for problem in terms.problems():
            form = self.head if problem.item is None else self.kept[problem.item]
            form.add_error(problem.field if problem.field in form.fields else None, problem.told)
        if any(form.errors for form in rows):
            return False
        self.terms = terms
        return True

    def _rows(self) -> Iterator[RowForm]:
        for item in self.kept:
            yield item
            yield from item.kept_nodes

    def add_error(self, error: ValidationError) -> None:
        """What was refused when the draft was stored."""
        for text in error.messages:
            self.head.add_error(None, text)

    @property
    def failed(self) -> bool:
        """Something is wrong."""
        return any(form.errors for form in (self.head, *self._rows())) if self.is_bound else False

    @property
    def note(self) -> str:
        """The words to the other side."""
        return str(self.head.cleaned_data.get("note", ""))


def _numbers(pattern: re.Pattern[str], data: Mapping[str, Any], of: str | None = None) -> list[int]:
    """The numbers of the rows that ``data`` names, in order."""
    found = (match for name in data if (match := pattern.match(name)))
    return sorted({int(match[match.lastindex or 1]) for match in found if of is None or match[1] == of})

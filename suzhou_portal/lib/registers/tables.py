"""How a row's values are named and shown: the same in lists, details, histories and spreadsheets."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_tables2
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.html import format_html

YES, NO, NOTHING = "是", "否", "—"
# Longer texts are cut in lists; what is as short as a date or a status stays on one line.
LONG, SHORT = 40, 10


@dataclass(frozen=True)
class Computed:
    """A column that is not a field: its Chinese name, its value, and what the database sorts it by ("" for not).

    ``value`` must not query: annotate the register's ``queryset()`` instead.
    """

    label: str
    value: Callable[[Any], Any]
    order: str = ""
    number: bool = False


def field_of(model: type[models.Model], name: str) -> Any:
    """The model field called ``name``, or None."""
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def field_at(model: type[models.Model], path: str) -> Any:
    """The field at the end of ``path`` (``covenant__street``) from ``model``. Raises ``FieldDoesNotExist``."""
    *above, name = path.split("__")
    for part in above:
        related: Any = model._meta.get_field(part).related_model
        model = related
    return model._meta.get_field(name)


def text_of(value: Any) -> str:
    """``value`` as Chinese text; "" for nothing. Times are local, to the minute."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, datetime.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, tuple, models.QuerySet)):
        return "、".join(map(str, value))
    return str(value)


def shown(obj: models.Model, name: str) -> str:
    """The field ``name`` of ``obj`` as its users read it."""
    field = field_of(type(obj), name)
    if field is not None and field.many_to_many:
        return text_of(list(getattr(obj, name).all()))
    if field is not None and field.choices:
        return str(getattr(obj, f"get_{name}_display")())
    return text_of(value_at(obj, name))


def value_at(obj: models.Model, name: str) -> Any:
    """The value of the field ``name``; None for a row that the reader must not know (``Register.rows``)."""
    try:
        return getattr(obj, name)
    except ObjectDoesNotExist:
        return None


class ShownColumn(django_tables2.Column):
    """A column of a register's list, headed and sorted as the register says."""

    def __init__(self, register: Any, name: str, *, names_row: bool = False) -> None:
        self.register, self.key, self.names_row = register, name, names_row
        css = "num" if register.is_number(name) else ""
        cell = {"class": css} if css else {}
        order = register.order_of(name)
        super().__init__(
            verbose_name=register.label_of(name),
            accessor="pk",
            empty_values=(),
            orderable=bool(order),
            order_by=(*order, "pk") if order else None,
            attrs={"td": cell, "th": cell},
        )

    def render(self, record: Any) -> Any:
        """The cell's text; in the column that names the row, as a link to it."""
        text = self.register.value_of(record, self.key)
        if self.names_row:
            return format_html('<a href="{}">{}</a>', self.register.url_of(record), _kept_together(text or NOTHING))
        if len(text) > LONG:
            return format_html('<span class="cut" tabindex="0">{}</span>', text)
        return _kept_together(text)


def _kept_together(text: str) -> str:
    """A short text, a date, a time or a number does not break."""
    together = 1 < len(text) <= SHORT or (text.isascii() and len(text) <= len("2026-11-22 09:30"))
    return format_html('<span class="nowrap">{}</span>', text) if together else text


class RegisterTable(django_tables2.Table):
    """The table of a register's list: the columns that the user chose; a row opens its detail."""

    class Meta:
        template_name = "generic/table.html"
        order_by_field = "sort"
        row_attrs = {"data-href": lambda record, table: table.register.url_of(record)}

    def __init__(
        self,
        rows: models.QuerySet,
        *,
        register: Any,
        names: list[str],
        order_by: str = "",
        before: tuple[tuple[str, django_tables2.Column], ...] = (),
    ) -> None:
        """``before``: further columns that stand before those of the register, by name."""
        self.register = register
        linked = register.title_column if register.title_column in names else names[0]
        columns = [(name, ShownColumn(register, name, names_row=name == linked)) for name in names]
        super().__init__(rows, extra_columns=[*before, *columns], order_by=order_by or None)

"""Filters of registers: one FilterSet for the page, the export and the API."""

from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest, QueryDict
from django_filters.filters import QuerySetRequestMixin
from drf_spectacular.utils import extend_schema_field

from suzhou_portal.lib.registers.choices import PickField
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.registers.tables import field_at
from suzhou_portal.lib.text.canonical import named
from suzhou_portal.lib.time.moments import day_start

YES_NO = (("", "全部"), ("true", "是"), ("false", "否"))
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


class DaysForm(forms.Form):
    """The form of a filter with the days ``from`` and ``to``."""

    def clean(self) -> dict[str, Any]:
        """The first day must not come after the last."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and first > last:
            self.add_error("to", "结束日期不能早于开始日期。")
        return cleaned


def day_filter(label: str, method: str) -> django_filters.DateFilter:
    """A day of this century, for :class:`DaysForm`."""
    return django_filters.DateFilter(
        label=label,
        method=method,
        widget=DayInput(),
        error_messages={"invalid": "请按 2026-11-22 的样子填写日期。"},
        validators=[MinValueValidator(FIRST_DAY, "日期太早。"), MaxValueValidator(LAST_DAY, "日期太晚。")],
    )


def yes_no_filter(**options: Any) -> django_filters.Filter:
    """A filter that says 是 or 否 (``true``, ``false`` in addresses); anything else is an error."""
    return django_filters.TypedChoiceFilter(choices=YES_NO, coerce=lambda text: text == "true", **options)


@dataclass(frozen=True)
class Condition:
    """A yes/no filter of a register (``Register.conditions``): those of its rows that meet a condition, or the others.

    ``rows`` is the condition, or a function where it depends on the day or on what the district has set.
    """

    label: str
    rows: models.Q | Callable[[], models.Q]

    def filter(self) -> django_filters.Filter:
        """The filter."""

        def only(rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
            condition = self.rows() if callable(self.rows) else self.rows
            return rows.filter(condition) if value else rows.exclude(condition)

        return yes_no_filter(method=only, label=self.label)


class Chosen(QuerySetRequestMixin):
    """A filter by a row. Where it is ``idle``, nothing being asked, no rows are looked for: what a select offers comes
    from ``Register.filter_options``.
    """

    idle: type[models.Model] | None = None

    def get_queryset(self, request: Any) -> Any:
        """See django-filter."""
        return self.idle._default_manager.none() if self.idle else super().get_queryset(request)


@extend_schema_field({"type": "string"})
class RowFilter(Chosen, django_filters.Filter):
    """Rows that name a certain row of another register, chosen by its key in the user's scope."""

    field_class = forms.ModelChoiceField


@extend_schema_field({"type": "string"})
class PickFilter(Chosen, django_filters.Filter):
    """The same, of a long list: typed with suggestions."""

    field_class = PickField


class RegisterFilterSet(django_filters.FilterSet):
    """Base of a register's filters; ``register`` is set on the subclass that :func:`filterset_for` makes.

    An invalid value is an error that finds nothing: never a filter that is silently dropped.
    """

    register: Any = None
    base_filters: Any  # set by the metaclass
    _whole: Collection[str] = ()  # filters with rows of their own, which their choices show

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        declared = self.base_filters
        # The base copies them deeply, which costs more than a page of rows; a filter changes no more than its extras.
        self.base_filters = {}
        super().__init__(*args, **kwargs)
        self.base_filters = declared
        self.filters = {name: self._own(name, one) for name, one in declared.items()}

    def _own(self, name: str, declared: django_filters.Filter) -> django_filters.Filter:
        own = copy(declared)
        if isinstance(own, Chosen) and not self.data.get(name) and name not in self._whole:
            own.idle = self.register.field_of(name).related_model
        own.extra, own.parent, own.model = dict(declared.extra), self, self.queryset.model
        if declared.method is not None:
            own.method = declared.method  # binds the method to this filter, and so to its set
        return own

    q = django_filters.CharFilter(
        method="search",
        label="搜索",
        max_length=60,
        widget=forms.TextInput({"type": "search", "data-key-search": True}),
    )

    @classmethod
    def asked(cls, data: QueryDict, **kwargs: Any) -> "RegisterFilterSet":
        """The set with those filters alone that ``data`` asks for: all of them cost more than a page of rows."""
        made = cls.__new__(cls)
        made.base_filters = {name: one for name, one in cls.base_filters.items() if name in data}
        made.__init__(data, **kwargs)  # type: ignore[misc]
        return made

    def search(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Rows in which every word stands in some searched field; pinyin from its beginning."""
        for word in value.lower().split():
            rows = rows.filter(named(word, *self.register.search))
        return rows

    def within(self, rows: models.QuerySet, keys: Mapping[str, Collection[int]]) -> models.QuerySet:
        """``rows`` in places, level → primary keys: as the filters of these names say, without looking them up.

        Override where such a filter is no plain column.
        """
        found = {f"{self.filters[level].field_name}__in": places for level, places in keys.items()}
        return rows.filter(**found) if found else rows

    @property
    def qs(self) -> models.QuerySet:
        """The filtered rows; none while a filter is invalid."""
        return super().qs if not self.is_bound or self.is_valid() else self.queryset.none()

    def active(self) -> list[dict[str, str]]:
        """The filters in force, as words: name, label, value, and the query string without it."""
        if not self.is_bound or not self.is_valid():
            return []
        words = []
        for name, value in self.form.cleaned_data.items():
            if value in (None, "", []):
                continue
            rest = QueryDict(mutable=True)
            rest.update(self.data)
            rest.pop(name, None)
            rest.pop("page", None)
            field = self.form.fields[name]
            choices: Any = getattr(field, "choices", ())
            said = dict(choices).get(self.data.get(name), value) if isinstance(field, forms.ChoiceField) else value
            words.append({"name": name, "label": str(field.label), "value": str(said), "query": rest.urlencode()})
        return words


class PeriodFilter(RegisterFilterSet):
    """Adds the days ``from`` and ``to``, both included, which bound :attr:`period_field` (a day or a time)."""

    period_field = ""

    class Meta:
        form = DaysForm

    def not_before(self, rows: models.QuerySet, name: str, value: date) -> models.QuerySet:
        """Rows of this day and later."""
        return rows.filter(**{f"{self.period_field}__gte": self._moment(rows, value, 0)})

    def not_after(self, rows: models.QuerySet, name: str, value: date) -> models.QuerySet:
        """Rows of this day and earlier."""
        return rows.filter(**{f"{self.period_field}__lt": self._moment(rows, value, 1)})

    def _moment(self, rows: models.QuerySet, value: date, later: int) -> date:
        is_moment = isinstance(field_at(rows.model, self.period_field), models.DateTimeField)
        return day_start(value, later) if is_moment else value + timedelta(days=later)


# ``from`` is no name in Python.
PeriodFilter.declared_filters["from"] = day_filter("自", "not_before")
PeriodFilter.declared_filters["to"] = day_filter("至", "not_after")
PeriodFilter.base_filters.update(PeriodFilter.declared_filters)


def filter_for(register: Any, name: str) -> django_filters.Filter:
    """The filter over the field ``name`` (perhaps of a related row): by choice, by yes or no, by another register's
    row.
    """
    field, path = register.field_of(name), register.paths.get(name, name)
    label = str(field.verbose_name)
    if field.is_relation:

        def rows(request: HttpRequest | None) -> models.QuerySet:
            return register.filter_choices(name, request.user if request else None)

        key, target = register.key_of(field.related_model), register.site.of(field.related_model)
        if target and target.long:
            named = {"key": key, "describe": target.describe, "url": f"{register.list_url}choices/{name}/"}
            return PickFilter(field_name=path, label=label, queryset=rows, **named)
        return RowFilter(field_name=path, label=label, queryset=rows, to_field_name=key, empty_label="全部")
    if isinstance(field, models.BooleanField):
        return yes_no_filter(field_name=path, label=label)
    if field.choices:
        return django_filters.ChoiceFilter(field_name=path, label=label, choices=field.choices, empty_label="全部")
    return django_filters.CharFilter(field_name=path, label=label, max_length=100)


def _with_period(register: Any) -> Any:
    """The ``filterset_class`` of ``register``, with the days that bound its ``period``."""
    base = register.filterset_class
    if not register.period:
        return base
    bases = (PeriodFilter,) if base is RegisterFilterSet else (base, PeriodFilter)
    return type(base.__name__, bases, {"period_field": register.period})


def filterset_for(register: Any) -> type[RegisterFilterSet]:
    """The FilterSet class of ``register``: its ``filterset_class`` with a filter for each name in ``filters`` and each
    of its ``conditions``.
    """
    base = _with_period(register)
    known = {*base.base_filters, *register.conditions}
    declared = {name: condition.filter() for name, condition in register.conditions.items()}
    declared |= {name: filter_for(register, name) for name in register.filters if name not in known}
    order = ["q", *register.filters]
    if period := getattr(base, "period_field", ""):
        subject = str(field_at(register.model, period).verbose_name)
        declared["from"], declared["to"] = (
            day_filter(f"{subject}自", "not_before"),
            day_filter(f"{subject}至", "not_after"),
        )
    own = {"register": register, "_whole": frozenset(base.base_filters)}
    made: Any = type(f"{register.model.__name__}Filter", (base,), {**own, **declared})
    made.base_filters = {name: made.base_filters[name] for name in dict.fromkeys([*order, *made.base_filters])}
    return made

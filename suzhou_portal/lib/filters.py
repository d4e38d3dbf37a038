"""Filters of registers: one FilterSet for the page, the export and the API."""

from typing import Any

import django_filters
from django import forms
from django.db import models
from django.http import HttpRequest, QueryDict
from django_filters.filters import QuerySetRequestMixin
from drf_spectacular.utils import extend_schema_field

from suzhou_portal.lib.choices import PickField
from suzhou_portal.lib.text import named

YES_NO = (("", "全部"), ("true", "是"), ("false", "否"))


def yes_no_filter(**options: Any) -> django_filters.Filter:
    """A filter that says 是 or 否 (``true``, ``false`` in addresses); anything else is an error."""
    return django_filters.TypedChoiceFilter(choices=YES_NO, coerce=lambda text: text == "true", **options)


@extend_schema_field({"type": "string"})
class RowFilter(QuerySetRequestMixin, django_filters.Filter):
    """Rows that name a certain row of another register, chosen by its key in the user's scope."""

    field_class = forms.ModelChoiceField


@extend_schema_field({"type": "string"})
class PickFilter(QuerySetRequestMixin, django_filters.Filter):
    """The same, of a long list: typed with suggestions."""

    field_class = PickField


class RegisterFilterSet(django_filters.FilterSet):
    """Base of a register's filters; ``register`` is set on the subclass that :func:`filterset_for` makes.

    An invalid value is an error that finds nothing: never a filter that is silently dropped.
    """

    register: Any = None
    q = django_filters.CharFilter(
        method="search",
        label="搜索",
        max_length=60,
        widget=forms.TextInput({"type": "search", "data-key-search": True}),
    )

    def search(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Rows in which every word stands in some searched field; pinyin from its beginning."""
        for word in value.lower().split():
            rows = rows.filter(named(word, *self.register.search))
        return rows

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


def filter_for(register: Any, name: str) -> django_filters.Filter:
    """The filter over the model field ``name``: by choice, by yes or no, by another register's row."""
    field = register.model._meta.get_field(name)
    label = str(field.verbose_name)
    if field.is_relation:

        def rows(request: HttpRequest | None) -> models.QuerySet:
            return register.filter_choices(name, request.user if request else None)

        key, long = register.key_of(field.related_model), register.is_long(field.related_model)
        if long:
            return PickFilter(
                field_name=name, label=label, queryset=rows, key=key, url=f"{register.list_url}choices/{name}/"
            )
        return RowFilter(field_name=name, label=label, queryset=rows, to_field_name=key, empty_label="全部")
    if isinstance(field, models.BooleanField):
        return yes_no_filter(field_name=name, label=label)
    if field.choices:
        return django_filters.ChoiceFilter(field_name=name, label=label, choices=field.choices, empty_label="全部")
    return django_filters.CharFilter(field_name=name, label=label, max_length=100)


def filterset_for(register: Any) -> type[RegisterFilterSet]:
    """The FilterSet class of ``register``: its ``filterset_class`` with a filter for each name in ``filters``."""
    base = register.filterset_class
    declared = {name: filter_for(register, name) for name in register.filters if name not in base.base_filters}
    order = ["q", *register.filters]
    made: Any = type(f"{register.model.__name__}Filter", (base,), {"register": register, **declared})
    made.base_filters = {name: made.base_filters[name] for name in dict.fromkeys([*order, *made.base_filters])}
    return made

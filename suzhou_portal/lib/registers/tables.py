"""How a row's values are named and shown: the same in lists, details, histories and spreadsheets."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.utils import timezone

YES, NO = "是", "否"
Reader = Callable[[Any], str]


@dataclass(frozen=True)
class Computed:
    """A column that is not a field: its Chinese name, its value, and what the database sorts it by ("" for not).

    ``value`` must not query: annotate the register's ``queryset()`` instead. ``quiet``: the text of the usual, of which
    lists do not speak. ``tells``: columns whose values it says in words, which the page of a row does not say again.
    ``words``: it says in words what other columns hold, which files and programs get instead.
    ``by``: the filter that is about the same, where it is called otherwise.
    """

    label: str
    value: Callable[[Any], Any]
    order: str = ""
    number: bool = False
    quiet: str = ""
    tells: tuple[str, ...] = ()
    words: bool = False
    by: str = ""


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


def _local(value: datetime.datetime) -> str:
    return timezone.localtime(value).isoformat(" ", "minutes")[:16]


# By exact type, for a list asks for hundreds of texts.
_TEXTS: dict[type, Callable[[Any], str]] = {
    str: lambda value: value,
    type(None): lambda value: "",
    bool: lambda value: YES if value else NO,
    int: str,
    datetime.datetime: _local,
    datetime.date: datetime.date.isoformat,
}


def text_of(value: Any) -> str:
    """``value`` as Chinese text; "" for nothing. Times are local, to the minute."""
    if known := _TEXTS.get(type(value)):
        return known(value)
    if isinstance(value, (list, tuple, models.QuerySet)):
        return "、".join(map(str, value))
    return str(value)


def reader_of(model: type[models.Model], name: str) -> Reader:
    """What reads the field ``name`` of rows of ``model`` as their users do. Made once, called for every cell."""
    field = field_of(model, name)
    if field is not None and field.many_to_many:
        return lambda obj: "、".join(map(str, getattr(obj, name).all()))
    if field is not None and field.choices:
        labels = {value: str(label) for value, label in field.flatchoices}

        def chosen(obj: Any) -> str:
            value = getattr(obj, name)
            return labels.get(value) or text_of(value)

        return chosen
    if field is not None and field.is_relation:
        return lambda obj: text_of(value_at(obj, name))
    return lambda obj: text_of(getattr(obj, name))


def value_at(obj: models.Model, name: str) -> Any:
    """The value of the field ``name``; None for a row that the reader must not know (``Register.rows``)."""
    try:
        return getattr(obj, name)
    except ObjectDoesNotExist:
        return None

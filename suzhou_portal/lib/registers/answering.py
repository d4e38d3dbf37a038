"""What REST answers of a register's rows: written by one function per column, made once per serializer.

The serializer still says which columns there are and how they look, to the schema and to whoever writes; walking its
fields anew for every row was most of the cost of a list.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from suzhou_portal.lib.registers.tables import value_at

Write = Callable[[Any], Any]


def _moment(name: str) -> Write:
    zone = timezone.get_default_timezone()

    def write(row: Any) -> Any:
        value = getattr(row, name)
        return value and value.astimezone(zone)

    return write


def _number(name: str) -> Write:
    def write(row: Any) -> Any:
        value = getattr(row, name)
        return value if value is None else f"{value:f}"

    return write


def _key(name: str, key: str) -> Write:
    if key == "pk":
        return lambda row: getattr(row, f"{name}_id")

    def write(row: Any) -> Any:
        other = value_at(row, name)
        return None if other is None else getattr(other, key)

    return write


def _name(name: str) -> Write:
    def write(row: Any) -> Any:
        other = value_at(row, name)
        return None if other is None else str(other)

    return write


def _several(name: str, child: serializers.Field) -> Write:
    write = child.to_representation
    return lambda row: [write(other) for other in getattr(row, name).all()]


def _as_declared(field: serializers.Field) -> Write:
    def write(row: Any) -> Any:
        value = field.get_attribute(row)
        return None if value is None else field.to_representation(value)

    return write


# Values that stand in answers as they stand in rows; orjson writes days and identifiers.
PLAIN = (
    *(serializers.CharField, serializers.IntegerField, serializers.BooleanField, serializers.ChoiceField),
    *(serializers.DateField, serializers.UUIDField, serializers.JSONField, serializers.FloatField),
)


def _writer_of(field: serializers.Field) -> Write:
    name = str(field.source)
    if hasattr(field, "writer"):
        return field.writer()
    if isinstance(field, serializers.SlugRelatedField):
        return _key(name, str(field.slug_field))
    if isinstance(field, serializers.StringRelatedField):
        return _name(name)
    if isinstance(field, serializers.ManyRelatedField):
        return _several(name, field.child_relation)
    if isinstance(field, serializers.DateTimeField):
        return _moment(name)
    if isinstance(field, serializers.DecimalField):
        return _number(name)
    if isinstance(field, PLAIN) and "." not in name and name != "*":
        return lambda row: getattr(row, name)
    return _as_declared(field)


@cache
def answers_of(serializer_class: type[serializers.Serializer]) -> Write:
    """What makes the answer (a new dict) of a row, as ``serializer_class`` would."""
    serializer: Any = serializer_class()
    if serializer_class.to_representation is not serializers.ModelSerializer.to_representation:
        return lambda row: dict(serializer.to_representation(row))
    writers = [(name, _writer_of(field)) for name, field in serializer.fields.items() if not field.write_only]

    def answer(row: Any) -> dict[str, Any]:
        return {name: write(row) for name, write in writers}

    return answer

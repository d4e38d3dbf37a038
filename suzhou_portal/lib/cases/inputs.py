"""What steps ask for: factories of form fields ``(row, user) -> Field``, for ``Transition.inputs``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceField, ModelMultipleChoiceField
from django.utils import timezone
from rest_framework import serializers

from suzhou_portal.lib.cases.workflow import FieldFactory
from suzhou_portal.lib.registers.fields import DayField, YesNoField

Choices = Iterable[tuple[str, str]]


def text(
    label: str, *, length: int, required: bool = True, rows: int = 3, hint: str = "", placeholder: str = ""
) -> FieldFactory:
    """A text of up to ``length`` characters, in ``rows`` lines."""

    def factory(row: Any, user: Any) -> forms.Field:
        told = {"placeholder": placeholder} if placeholder else {}
        return forms.CharField(
            label=label,
            required=required,
            max_length=length,
            help_text=hint if rows > 1 else "",
            widget=forms.Textarea(attrs={"rows": rows, **told}) if rows > 1 else forms.TextInput(attrs=told),
            error_messages={"required": f"请填写{label}。", "max_length": f"最多写 {length} 字，请删减。"},
        )

    return factory


def note(label: str, *, required: bool, placeholder: str = "") -> FieldFactory:
    """A text of up to 500 characters called ``label``."""
    return text(label, length=500, required=required, placeholder=placeholder)


def yes_no(label: str, yes: str, no: str) -> FieldFactory:
    """Yes or no, in words, one of which has to be chosen."""
    return lambda row, user: YesNoField(label=label, yes=yes, no=no, error_messages={"required": f"请选择{label}。"})


def choice(label: str, choices: Choices | Callable[[], Choices], **told: str) -> FieldFactory:
    """One of ``choices``, or of what they are when it is asked; none is chosen beforehand. ``told``: other words for
    errors (``required``, ``invalid_choice``).
    """

    def offered() -> list[tuple[str, str]]:
        return [("", "请选择"), *(choices() if callable(choices) else choices)]

    told = {"required": f"请选择{label}。", **told}
    return lambda row, user: forms.ChoiceField(label=label, choices=offered, error_messages=told)


def row_of(label: str, rows: Callable[[Any, Any], QuerySet], **options: Any) -> FieldFactory:
    """One of ``rows(row, user)``; ``options`` as of ``forms.ModelChoiceField``. Where it may stay open and there are no
    such rows, pages do not ask.
    """
    return lambda row, user: forms.ModelChoiceField(label=label, queryset=rows(row, user), **options)


def ticks(label: str, choices: Choices) -> FieldFactory:
    """Any of ``choices``, as boxes to tick; none is needed."""
    widget = forms.CheckboxSelectMultiple
    return lambda row, user: forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=widget)


def day(label: str) -> FieldFactory:
    """A day up to today, which is today unless something else is said."""

    def factory(row: Any, user: Any) -> forms.Field:
        field = DayField(label, initial=timezone.localdate)
        field.error_messages = {**field.error_messages, "required": f"请填写{label}。"}
        return field

    return factory


OPTIONAL_NOTE = {"note": note("说明", required=False)}
REASON = {"note": note("原因", required=True)}


@dataclass(frozen=True)
class Kind:
    """A type of input in REST: the form ``fields`` that are of it, what a program sends (``takes``), what it is told
    of anything else (``refusal``), and how it stands in the OpenAPI document (``written``).
    """

    name: str
    fields: tuple[type[forms.Field], ...]
    takes: tuple[type, ...]
    refusal: str
    written: type[serializers.Field] = serializers.CharField


# The first that fits: a choice of rows is a choice, too.
KINDS = (
    Kind("choices", (ModelMultipleChoiceField, forms.MultipleChoiceField), (list,), "须为编码的列表。"),
    Kind("choice", (ModelChoiceField, forms.ChoiceField), (int, str), "须为选项的编码。"),
    Kind("boolean", (forms.BooleanField,), (bool,), "须为 true 或 false。", serializers.BooleanField),
    Kind("number", (forms.IntegerField,), (int, float, str), "须为数字。", serializers.FloatField),
    Kind("datetime", (forms.DateTimeField,), (str,), "须为时间文字。", serializers.DateTimeField),
    Kind("date", (forms.DateField,), (str,), "须为日期文字。", serializers.DateField),
    Kind("object", (), (dict,), "须为对象。", serializers.DictField),
    Kind("numbers", (), (list,), "须为数字的列表。"),
    Kind("text", (forms.Field,), (str,), "须为文字。"),
)
_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(field: forms.Field) -> Kind:
    """The type of an input: what the field itself says (``api_type``), else what its class is."""
    said: str = getattr(field, "api_type", "")
    return _BY_NAME[said] if said else next(kind for kind in KINDS if isinstance(field, kind.fields))

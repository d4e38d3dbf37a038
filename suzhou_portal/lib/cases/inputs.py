"""What steps ask for: factories of form fields ``(row, user) -> Field``, for ``Transition.inputs``."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceField, ModelMultipleChoiceField
from django.utils import timezone

from suzhou_portal.lib.cases.workflow import FieldFactory
from suzhou_portal.lib.registers.fields import DayField, YesNoField

Choices = Iterable[tuple[str, str]]


def note(label: str, *, required: bool, placeholder: str = "") -> FieldFactory:
    """A text of up to 500 characters called ``label``."""

    def factory(row: Any, user: Any) -> forms.Field:
        return forms.CharField(
            label=label,
            required=required,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3, "placeholder": placeholder}),
            error_messages={"required": f"请填写{label}。"},
        )

    return factory


def text(label: str, *, length: int, required: bool = True, rows: int = 3, hint: str = "") -> FieldFactory:
    """A text of up to ``length`` characters, in ``rows`` lines."""

    def factory(row: Any, user: Any) -> forms.Field:
        return forms.CharField(
            label=label,
            required=required,
            max_length=length,
            help_text=hint if rows > 1 else "",
            widget=forms.Textarea(attrs={"rows": rows}) if rows > 1 else forms.TextInput(),
            error_messages={"required": f"请填写{label}。", "max_length": f"最多写 {length} 字，请删减。"},
        )

    return factory


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

_INPUT_TYPES: tuple[tuple[type[forms.Field], str], ...] = (
    (ModelMultipleChoiceField, "choices"),
    (ModelChoiceField, "choice"),
    (forms.MultipleChoiceField, "choices"),
    (forms.ChoiceField, "choice"),
    (forms.BooleanField, "boolean"),
    (forms.IntegerField, "number"),
    (forms.DateTimeField, "datetime"),
    (forms.DateField, "date"),
)


def input_type(field: forms.Field) -> str:
    """The type of an input: text, choice, choices, boolean, number, date or datetime; or what the field itself
    says: object, numbers.
    """
    said: str = getattr(field, "api_type", "")
    return said or next((name for kind, name in _INPUT_TYPES if isinstance(field, kind)), "text")

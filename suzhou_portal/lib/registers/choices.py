"""Choosing rows of other registers: short lists are selected from, long ones typed with suggestions."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.text.free_text import FreeTextMixin


def pick(rows: models.QuerySet, key: str, text: str) -> models.Model | None:
    """The one row of ``rows`` that ``text`` means: its key (anything after a blank is ignored), else its name.

    Rows of a model with ``LIES_IN`` may be named with what they lie in: "嘉和小区 3号楼", blank or
    not. None when there is none. Raises ``ValidationError`` when several rows have that name.
    """
    text = text.strip()
    if not text or "\x00" in text or len(text) > 200:
        return None
    first = text.split()[0]
    # A key that is a number is named by digits alone.
    is_key = key != "pk" or (first.isascii() and first.isdecimal() and len(first) < 19)
    found = rows.filter(**{key: first}).first() if is_key else None
    if found is None and any(field.name == "name" for field in rows.model._meta.concrete_fields):
        named = list(rows.filter(name=text)[:2]) or list(rows.filter(pk__in=_named_in_full(rows, text)))
        if len(named) > 1:
            more = "请连上级名称一起填，或填编码。" if hasattr(rows.model, "LIES_IN") else "请填编码。"
            raise ValidationError(f"有多个“{text}”，{more}", code="ambiguous")
        found = named[0] if named else None
    return found


def _named_in_full(rows: models.QuerySet, text: str) -> list[Any]:
    """Keys of the rows (two at most) whose name ends ``text`` and is led by names of what they lie in only."""
    above = [f"{path}__name" for path in getattr(rows.model, "LIES_IN", ())]
    if not above:
        return []
    typed = "".join(text.split())
    ending = rows.alias(typed=models.Value(typed, models.CharField())).filter(typed__endswith=models.F("name"))
    found = []
    for key, *names in ending.order_by("pk").values_list("pk", "name", *above):
        rest = typed
        for name in names:
            rest = rest.removesuffix("".join((name or "").split()))
        if not rest:
            found.append(key)
    return found[:2]


class SuggestInput(forms.TextInput):
    """A text input whose suggestions are fetched while one types (static/js/picker.js); without script one types."""

    template_name = "generic/suggest.html"

    def __init__(self, url: str = "", attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.url = url

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """See Django; adds where suggestions come from."""
        context = super().get_context(name, value, attrs)
        context["widget"]["suggest_url"] = self.url
        return context


class PickField(forms.ModelChoiceField):
    """One row of a long list: typed as its key or its full name, shown as "key name"; ``describe`` names a row."""

    widget = SuggestInput
    default_error_messages = {"invalid_choice": "没有找到，请从提示中选择，或填编码、全名。"}

    def __init__(
        self, queryset: models.QuerySet, *, key: str, url: str = "", describe: Callable[[Any], str] = str, **kwargs: Any
    ) -> None:
        self.key, self.describe = key, describe
        kwargs.setdefault("widget", SuggestInput(url))
        super().__init__(queryset, to_field_name=key, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A row as ``key name``; typed text as it is."""
        return f"{getattr(value, self.key)} {self.describe(value)}" if isinstance(value, models.Model) else value

    def to_python(self, value: Any) -> models.Model | None:
        """The row, or None for an empty input. Raises ``ValidationError`` when there is no such row."""
        if value in self.empty_values:
            return None
        row = value if isinstance(value, models.Model) else pick(self.queryset.all(), self.key, str(value))
        if row is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return row

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares the texts."""
        return str(self.prepare_value(initial) or "") != str(data or "")


CHOOSE = "请选择"
NAMED_CHOICES = 12
TEXT_ROWS = 4  # the button below stays in sight


def _speak_plainly(field: Any) -> None:
    """Put messages that say what to do in the place of Django's; a field's own ones stay."""
    if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
        verb = "选择" if isinstance(field, forms.ChoiceField) else "填写"
        field.error_messages["required"] = f"请{verb}{field.label}。"
    if isinstance(field, forms.DateField):
        field.error_messages["invalid"] = "请填写日期，如 2026-01-31。"
    elif isinstance(field, forms.TimeField):
        field.error_messages["invalid"] = "请填写时间，如 08:30。"
    elif isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        choices: Any = field.choices
        labels = [str(label) for value, label in choices if value != ""]
        which = f"可选：{'、'.join(labels)}。" if len(labels) <= NAMED_CHOICES else "请从列表中选择。"
        field.error_messages["invalid_choice"] = "没有“%(value)s”，" + which.replace("%", "%%")


class RecordForm(FreeTextMixin, forms.ModelForm):
    """The form of a register: choices in the editor's scope only, and the version that the editor saw.

    ``register`` and ``user`` are set by :meth:`Register.form`. Subclasses may add fields
    and checks; what is saved is ``register.values(form)``.
    """

    template_name = "forms/record.html"  # of lib.registers.layout
    version = forms.IntegerField(min_value=1, max_value=2_000_000_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, register: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register, self.user = register, user
        self.adds = self.instance.pk is None
        self.unasked: set[str] = set()  # what can be one value only: pages send it along
        if self.adds:
            del self.fields["version"]
        else:
            self.initial["version"] = self.instance.version
        for name, field in list(self.fields.items()):
            if isinstance(field, forms.ModelChoiceField):
                chosen = self.fields[name] = register.choice_field(name, field, user, self.instance)
                self._start_with(name)
                if chosen.empty_label is not None:
                    chosen.empty_label = CHOOSE
            elif isinstance(field, forms.ChoiceField):
                options: Any = field.choices
                field.choices = [(value, label if value != "" else CHOOSE) for value, label in options]
            elif isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = min(int(field.widget.attrs["rows"]), TEXT_ROWS)
            elif isinstance(field, forms.DateField):
                field.widget = DayInput()
            elif isinstance(field, forms.TimeField):
                field.widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            _speak_plainly(self.fields[name])

    def _start_with(self, name: str) -> None:
        """Put rows, not keys, into the initial value; preselect the only possible choice of a new row."""
        field = self.fields[name]
        if not self.adds and name not in (self.get_initial_overrides()):
            value = getattr(self.instance, name)
            self.initial[name] = list(value.all()) if isinstance(field, forms.ModelMultipleChoiceField) else value
        elif self.adds and field.required and not self.initial.get(name):
            only = self._only_choice(name, field)
            if only is not None:
                self.initial[name] = [only] if isinstance(field, forms.ModelMultipleChoiceField) else only
                self.unasked.add(name)

    def _only_choice(self, name: str, field: Any) -> Any:
        """The only row that may be chosen; of a long list as far as that is known by scope."""
        if isinstance(field, PickField) and self.register.offers_several(name, self.user, in_form=True):
            return None
        found = list(field.queryset[:2])
        return found[0] if len(found) == 1 else None

    def get_initial_overrides(self) -> frozenset[str]:
        """Names whose initial value a subclass sets itself."""
        return frozenset()

    def add_errors(self, error: ValidationError) -> None:
        """Put the errors of a failed save beside their fields, the others on top of the form."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            self.add_error(name if name in self.fields else None, errors)

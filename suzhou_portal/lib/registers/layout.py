"""How the form of a register is laid out: short fields side by side, long ones alone, the first one with the focus."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.safestring import SafeString

from suzhou_portal.lib.registers.choices import PickField
from suzhou_portal.lib.registers.drawing import attributes, draw_field

SHORT_TEXT = 40  # so many characters fit into half a line
BESIDE = 2  # short fields in a line; check boxes as many as follow one another
ALONE = (forms.Textarea, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.SelectMultiple, forms.FileInput)


def is_short(bound: BoundField) -> bool:
    """Half a line is enough for it."""
    widget: Any = bound.field.widget
    if isinstance(widget, ALONE):
        return False
    length = getattr(bound.field, "max_length", None)
    return not (isinstance(bound.field, forms.CharField) and (length is None or length > SHORT_TEXT))


def lines_of(form: Any) -> list[list[BoundField]]:
    """What ``form`` asks, line by line: fields that belong together (``Register.together``) in one, other short ones
    in pairs, a long one alone. What can be one value only is not asked, unless that value is refused.
    """
    shown = form.visible_fields()
    asked = {bound.name: bound for bound in shown if bound.errors or not (bound.name in form.unasked or _idle(bound))}
    groups = {name: group for group in form.register.together for name in group}
    found: list[list[BoundField]] = []
    for name, bound in asked.items():
        if name in groups:
            members = [asked[one] for one in groups[name] if one in asked]
            if bound is members[0]:
                found.append(members)
        elif found and _goes_beside(found[-1], bound, groups):
            found[-1].append(bound)
        else:
            found.append([bound])
    return found


def _idle(bound: BoundField) -> bool:
    """A choice that may stay open and has nothing to choose; else it keeps what it offers."""
    box: Any = bound.field
    if box.required or not isinstance(box, forms.ModelChoiceField) or isinstance(box, PickField) or bound.value():
        return False
    box.widget.choices = list(box.widget.choices)
    return all(value == "" for value, _label in box.widget.choices)


def _goes_beside(line: list[BoundField], bound: BoundField, groups: Any) -> bool:
    if line[0].name in groups or not is_short(line[0]) or not is_short(bound):
        return False
    boxes = line[0].widget_type == "checkbox"
    return boxes == (bound.widget_type == "checkbox") and (boxes or len(line) < BESIDE)


def first_of(form: Any, lines: list[list[BoundField]]) -> BoundField | None:
    """Where one begins to type: in what is wrong, else in the first field."""
    asked = [bound for line in lines for bound in line]
    return next((bound for bound in asked if bound.errors), next(iter(asked), None))


def draw_record(context: Mapping[str, Any]) -> SafeString:
    """The form of the context with its errors; what is not asked is sent along."""
    form, errors = context["form"], context["errors"]
    lines = lines_of(form)
    if first := first_of(form, lines):
        first.field.widget.attrs["autofocus"] = True
    parts = [f'<div class="form-errors" role="alert">{errors}</div>'] if errors else []
    parts += [_line(line) for line in lines]
    asked = {bound.name for line in lines for bound in line}
    parts += [bound.as_hidden() for bound, _errors in context["fields"] if bound.name not in asked]
    return SafeString("".join([*parts, *map(str, context["hidden_fields"])]))


def _line(line: list[BoundField]) -> str:
    if len(line) == 1 and not is_short(line[0]):
        return draw_field(line[0])
    attrs = attributes({"class": "field-line" if len(line) <= BESIDE else "field-line field-line-many"})
    return f"<div{attrs}>{''.join(map(draw_field, line))}</div>"

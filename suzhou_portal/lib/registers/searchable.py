"""Choices that are found by typing: a name, its pinyin or initials (static/js/picker.js).

Every select with many options is (``lib.registers.drawing``), and a choice of rows however few there are.
"""

from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator

from suzhou_portal.lib.rows.stretches import kept_rows
from suzhou_portal.lib.text.canonical import pinyin_key


@lru_cache(maxsize=20_000)
def search_words(name: str) -> str:
    """What a choice called ``name`` is also found by: its pinyin and initials, escaped for an attribute."""
    return escape(pinyin_key(name))


@lru_cache(maxsize=8000)
def _option(value: str, label: str) -> tuple[str, str]:
    """An option in markup, up to where it says whether it is chosen, and the rest: the same for everybody."""
    words = f' data-words="{search_words(label)}"' if value else ""
    return f'<option value="{escape(value)}"', f"{words}>{escape(label)}</option>"


class _Searchable:
    """A select that the script turns into a combobox: each option carries its pinyin."""

    def __init__(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"data-combobox": "", **(attrs or {})}, **kwargs)  # type: ignore[call-arg]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Django's, with the options ``drawn``: a dictionary for each of hundreds was half of the cost of a page."""
        context: dict[str, Any] = forms.Widget.get_context(self, name, value, attrs)  # type: ignore[arg-type]
        if self.allow_multiple_selected:  # type: ignore[attr-defined]
            context["widget"]["attrs"]["multiple"] = True
        chosen = set(self.format_value(value))  # type: ignore[attr-defined]
        parts: list[str] = []
        for key, label in _pairs(self.choices):  # type: ignore[attr-defined]
            if isinstance(label, (list, tuple)):
                parts.append(f'<optgroup label="{escape(str(key))}">')
                parts += [_drawn(one, text, chosen) for one, text in label]
                parts.append("</optgroup>")
            else:
                parts.append(_drawn(key, label, chosen))
        context["widget"] |= {"optgroups": (), "drawn": "\n".join(parts)}
        return context


def _pairs(choices: Any) -> Iterator[tuple[Any, Any]]:
    """The choices; rows of small tables that each process keeps (``lib.rows.stretches``) are chosen by their keys."""
    if type(choices) is not ModelChoiceIterator or not getattr(choices.queryset.model, "kept_for_lists", False):
        yield from choices
        return
    if choices.field.empty_label is not None:
        yield "", choices.field.empty_label
    model: Any = choices.queryset.model
    kept = kept_rows(model).get()
    for key in choices.queryset.values_list("pk", flat=True):
        yield choices.choice(kept[key] if key in kept else choices.queryset.get(pk=key))


def _drawn(value: Any, label: Any, chosen: set[str]) -> str:
    text = "" if value is None else str(value)
    begin, rest = _option(text, str(label))
    return f"{begin} selected{rest}" if text in chosen else f"{begin}{rest}"


class SearchableSelect(_Searchable, forms.Select):
    """One choice."""


class SearchableSelectMultiple(_Searchable, forms.SelectMultiple):
    """Several: each one taken becomes a removable word."""


def make_searchable(form: forms.Form) -> forms.Form:
    """Let every choice of rows in ``form`` be found by name or pinyin, except among few, shown as boxes to tick;
    returns ``form``.
    """
    for field in form.fields.values():
        if isinstance(field.widget, forms.CheckboxSelectMultiple):
            continue
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.widget = SearchableSelectMultiple(choices=field.choices)
        elif isinstance(field, forms.ModelChoiceField):
            field.widget = SearchableSelect(choices=field.choices)
            field.empty_label = "请选择"
    return form

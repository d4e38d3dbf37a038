"""Choices that are found by typing: a name, its pinyin or initials (static/js/picker.js).

Every select with many options is (``lib.registers.drawing``), and a choice of rows however few there are.
"""

import html
from functools import lru_cache
from typing import Any

from django import forms

from suzhou_portal.lib.text.canonical import pinyin_key


@lru_cache(maxsize=20_000)
def search_words(name: str) -> str:
    """What a choice called ``name`` is also found by: its pinyin and initials, escaped for an attribute."""
    return html.escape(pinyin_key(name))


class SearchableSelect(forms.Select):
    """One choice, found by typing however few there are."""

    def __init__(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"data-combobox": "", **(attrs or {})}, **kwargs)


class SearchableSelectMultiple(forms.SelectMultiple):
    """Several: each one taken becomes a removable word."""

    def __init__(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"data-combobox": "", **(attrs or {})}, **kwargs)


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

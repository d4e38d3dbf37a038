"""Choices that are found by typing: a name, its pinyin or initials."""

from functools import lru_cache
from typing import Any

from django import forms

from suzhou_portal.lib.text.canonical import pinyin_key


@lru_cache(maxsize=4000)
def search_words(name: str) -> str:
    """What a choice called ``name`` is also found by in a combobox: its pinyin and initials."""
    return pinyin_key(name)


class _Searchable:
    """A select that the script turns into a combobox: each option carries its pinyin."""

    def __init__(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"data-combobox": "", **(attrs or {})}, **kwargs)  # type: ignore[call-arg]

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Django's option with ``data-words``."""
        option: dict[str, Any] = super().create_option(name, value, label, *args, **kwargs)  # type: ignore[misc]
        if value:
            option["attrs"]["data-words"] = search_words(str(label))
        return option


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

"""Choosing a category of issues."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator

from grids.categories.models import IssueCategory
from suzhou_portal.lib.registers.searchable import SearchableSelect


class CategoryChoices(ModelChoiceIterator):
    """Usable categories under the names of their groups."""

    def __iter__(self) -> Iterable[Any]:
        yield ("", self.field.empty_label)
        for group, rows in groupby(self.queryset, key=lambda category: category.parent.name):
            yield (group, [self.choice(row) for row in rows])


class CategorySelect(SearchableSelect):
    """The select of categories; with nothing chosen in it a tapped suggestion counts (no script keeps them in step)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The chosen code, else the suggested one."""
        return super().value_from_datadict(data, files, name) or data.get("suggested")


class CategoryField(forms.ModelChoiceField):
    """A usable category, by code."""

    iterator = CategoryChoices

    def __init__(self) -> None:
        super().__init__(
            # unscoped: categories are reference data, open to everybody who is signed in
            queryset=IssueCategory.objects.usable().select_related("parent").defer("keywords").order_by("code"),
            to_field_name="code",
            label="分类",
            empty_label="请选择",
            widget=CategorySelect,
            error_messages={"required": "请选择分类。", "invalid_choice": "没有这个分类，请重新选择。"},
        )

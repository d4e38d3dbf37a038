"""Forms of saved filters."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.lib.text.free_text import FreeTextMixin
from suzhou_portal.lib.text.privacy import warning


class SavedFilterForm(FreeTextMixin, forms.ModelForm):
    """A name for the filter that is on now."""

    class Meta:
        model = SavedFilter
        fields = ("name", "query")
        widgets = {"query": forms.HiddenInput}
        error_messages = {"name": {"required": "请给常用筛选起个名称。", "max_length": "名称最多 30 字。"}}

    def clean_query(self) -> str:
        """What is searched for is looked at as it was typed, not as addresses write it. Raises ``ValidationError``."""
        query: str = self.cleaned_data["query"]
        if told := warning(QueryDict(query).get("q", "")):
            raise ValidationError(told)
        return query


class EditFilterForm(FreeTextMixin, forms.Form):
    """The name of a saved filter, and with whom it is shared (``choices``: code and words)."""

    name = forms.CharField(
        label="名称",
        max_length=30,
        error_messages={"required": "请给常用筛选起个名称。", "max_length": "名称最多 30 字。"},
    )
    share = forms.ChoiceField(label="共享给", required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        share: Any = self.fields["share"]
        share.choices = choices

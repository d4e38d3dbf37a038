"""Forms of the roster: whose sheet is uploaded, a new leader, a term of office."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.places.models import GridPost
from grids.rosters.plan import name_problems, telephone_problems
from suzhou_portal.lib.registers.choices import RecordForm
from suzhou_portal.lib.registers.fields import DayField
from suzhou_portal.lib.text import canonical
from suzhou_portal.lib.text.free_text import FreeTextMixin


class UploadForm(forms.Form):
    """Whose roster the file is, and from when on its changes hold."""

    place = forms.ChoiceField(label="名册", required=False, error_messages={"invalid_choice": "没有这个地点。"})
    effective = DayField(
        required=False, help_text="新任、离任自这一天起，不填为今天；某行另填“生效日期”的，以该行为准。"
    )

    def __init__(self, *args: Any, places: list[tuple[str, str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place: Any = self.fields["place"]
        place.choices = [(code, name) for code, name, _place in places]
        if len(places) == 1:
            place.widget = forms.HiddenInput()

    def clean_place(self) -> str:
        """An empty code is the district, for whoever has it; whoever has one place alone need not name it."""
        code: str = self.cleaned_data["place"]
        field: Any = self.fields["place"]
        codes = [str(known) for known, _name in field.choices]
        if not code and len(codes) == 1:
            return codes[0]
        if code not in codes:
            raise ValidationError("请选择名册。")
        return code

    def clean_effective(self) -> Any:
        """Today, where nothing is said."""
        return self.cleaned_data["effective"] or timezone.localdate()


class LeaderForm(FreeTextMixin, forms.Form):
    """更换网格长: the new leader, or that there is none for now."""

    present = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label="新任网格长姓名",
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
        error_messages={
            "required": "请填写新任网格长姓名；暂无人接任的，请勾选下面一项。",
            "max_length": "姓名最多 40 字。",
        },
    )
    vacant = forms.BooleanField(label="暂无人接任，本网格先空缺", required=False)
    telephone = forms.CharField(
        label="联系电话",
        required=False,
        max_length=20,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    effective = DayField()
    reason = forms.CharField(
        label="事由",
        required=False,
        max_length=200,
        widget=forms.TextInput({"placeholder": "例：换届、工作调动"}),
    )
    texts_excepted = frozenset({"telephone", "name", "present"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("vacant"):
            self.fields["name"].required = False

    def clean_name(self) -> str:
        """As it is stored; no numbers."""
        name = canonical.person(self.cleaned_data["name"])
        if problems := name_problems(name):
            raise ValidationError(problems)
        return name

    def clean_telephone(self) -> str:
        """A telephone number or nothing."""
        telephone = canonical.telephone(self.cleaned_data["telephone"])
        if telephone and (problems := telephone_problems(telephone)):
            raise ValidationError([text.removeprefix("联系电话：") for text in problems])
        return telephone

    def clean(self) -> dict[str, Any]:
        """A name or that there is none, not both."""
        cleaned = super().clean()
        if cleaned.get("name") and cleaned.get("vacant"):
            self.add_error("vacant", "已填新任姓名，不能同时空缺。")
        return cleaned

    def take_errors(self, error: ValidationError) -> None:
        """Put what the service refuses beside its field."""
        told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, texts in told.items():
            self.add_error(name if name in self.fields else None, texts)


CORRECTION, REPLACEMENT = "correct", "replace"


class GridPostForm(RecordForm):
    """A term of office. Another name in a running term is either a correction or another person: it is asked."""

    name_change = forms.ChoiceField(
        label="姓名改动是",
        required=False,
        choices=[(CORRECTION, "更正，仍是同一人"), (REPLACEMENT, "换人：结束现任，另起任期")],
        widget=forms.RadioSelect,
        help_text="只在改了姓名时选择。换人的，任职起未改的自今天起。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.adds or self.instance.ends is not None:
            del self.fields["name_change"]
        if self.adds:
            self.fields["name"].help_text = "该网格已有在任者的，其任期在任职起当日结束。"

    def _get_validation_exclusions(self) -> set[str]:
        """See Django; that the post is taken is no error: the term before ends. The field checks 职务 itself."""
        return {*super()._get_validation_exclusions(), *({"kind"} if self.adds else ())}

    def clean(self) -> dict[str, Any]:
        """See the class."""
        cleaned = super().clean()
        if "name_change" in self.fields and "name" in self.changed_data and not cleaned.get("name_change"):
            self.add_error("name_change", "改了姓名，请选择是更正还是换人。")
        return cleaned


def is_replacement(post: GridPost, values: dict[str, Any]) -> bool:
    """The values of the form mean another person, not another spelling."""
    return values.get("name_change") == REPLACEMENT and values.get("name", post.name) != post.name

"""Forms of the issue pages: the entry, saved filters, and the search words of long choices."""

import uuid
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.http import QueryDict

from grids.models import Contact, IssueCategory
from grids.models.issues import Severity, Source
from grids.models.routing import ANY_CATEGORY, WHOLE_DISTRICT
from grids.places import Place, describe, find_places, place_named
from grids.reporter import NameField, PhoneField, kept_for
from grids.services.reporting import Report
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.choices import RecordForm
from suzhou_portal.lib.text.canonical import pinyin_key
from suzhou_portal.lib.text.free_text import FreeTextMixin
from suzhou_portal.lib.text.privacy import warning


@lru_cache(maxsize=4000)
def search_words(name: str) -> str:
    """What a choice called ``name`` is also found by in a combobox: its pinyin and initials."""
    return pinyin_key(name)


class _Searchable:
    """A select that the script turns into a combobox: each option carries its pinyin."""

    def __init__(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"data-combobox": "", **(attrs or {})}, **kwargs)

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Django's option with ``data-words``."""
        option = super().create_option(name, value, label, *args, **kwargs)
        if value:
            option["attrs"]["data-words"] = search_words(str(label))
        return option


class SearchableSelect(_Searchable, forms.Select):
    """One choice."""


class SearchableSelectMultiple(_Searchable, forms.SelectMultiple):
    """Several: each one taken becomes a removable word."""


def make_searchable(form: forms.Form) -> forms.Form:
    """Let every choice of rows in ``form`` be found by name or pinyin; returns ``form``."""
    for field in form.fields.values():
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.widget = SearchableSelectMultiple(choices=field.choices)
        elif isinstance(field, forms.ModelChoiceField):
            field.widget = SearchableSelect(choices=field.choices)
            field.empty_label = "请选择"
    return form


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
            queryset=IssueCategory.objects.usable().select_related("parent").order_by("code"),
            to_field_name="code",
            label="分类",
            empty_label="请选择",
            widget=CategorySelect,
            error_messages={"required": "请选择分类。", "invalid_choice": "没有这个分类，请重新选择。"},
        )


class IssueForm(FreeTextMixin, forms.Form):
    """The entry of an issue: place, what, category; the rest may stay empty.

    The place is a code (``place``) that the combobox keeps in step with what is typed
    (``place_q``). Without script the typed words are looked up here: one hit is taken, of
    several the user picks one (``place_hits``, sent as ``place_pick``).
    """

    place = forms.CharField(required=False, max_length=21, widget=forms.HiddenInput)
    place_q = forms.CharField(label="地点", required=False, max_length=120)
    place_pick = forms.CharField(required=False, max_length=21, widget=forms.HiddenInput)
    description = forms.CharField(
        label="什么事",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "例：3号楼前路灯不亮，夜里看不清路"}),
        error_messages={"required": "请写明是什么事。", "max_length": "最多写 2000 字，请删减。"},
    )
    category = CategoryField()
    address = forms.CharField(
        label="具体位置",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "例：北门东侧", "autocomplete": "off"}),
    )
    severity = forms.ChoiceField(label="程度", required=False, choices=Severity.choices, widget=forms.RadioSelect)
    source = forms.ChoiceField(label="来源", required=False, choices=[("", "按我的岗位"), *Source.choices])
    contact_name = NameField()
    contact_phone = PhoneField()
    submission_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    confirm_label = "已核对，不是个人信息，照此上报"
    texts_excepted = frozenset({"contact_name", "contact_phone"})
    OPTIONAL = ("address", "severity", "source", "contact_name", "contact_phone")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["contact_phone"].help_text = kept_for()
        self.place_hits: list[tuple[Place, str]] = []

    @classmethod
    def empty(cls, user: Any, place: Place | None) -> "IssueForm":
        """A new form with ``place`` chosen and a submission key of its own."""
        initial = {"severity": Severity.NORMAL, "submission_key": uuid.uuid4()}
        if place is not None:
            initial |= {"place": place.code, "place_q": describe(place)}
        return cls(user=user, initial=initial)

    @property
    def opens_more(self) -> bool:
        """True when something under 更多 is wrong or filled in, so that it must be seen."""
        return self.is_bound and any(
            self[name].errors or self.data.get(name) for name in self.OPTIONAL if name != "severity"
        )

    def clean_severity(self) -> str:
        """Not chosen: ordinary."""
        return self.cleaned_data["severity"] or Severity.NORMAL

    def clean(self) -> dict[str, Any]:
        """Find the place."""
        cleaned = super().clean()
        try:
            cleaned["place"] = self._find_place(cleaned)
        except ValidationError as error:
            self.add_error("place_q", error)
        return cleaned

    def _find_place(self, cleaned: dict[str, Any]) -> Place:
        words = " ".join((cleaned.get("place_q") or "").split())
        code = cleaned.get("place_pick") or cleaned.get("place") or ""
        place = place_named(code, self.user, Verb.ISSUES_REPORT) if code else None
        if place is not None and (cleaned.get("place_pick") or words in ("", describe(place))):
            return place
        if not words:
            raise ValidationError("没有这个地点，或不在您的范围内，请重新选择。" if code else "请选择地点。")
        hits = find_places(words, self.user, verb=Verb.ISSUES_REPORT, limit=10)
        exact = [hit for hit in hits if words in (hit.name, describe(hit))]
        if len(hits) == 1 or len(exact) == 1:
            return (exact or hits)[0]
        self.place_hits = [(hit, describe(hit)) for hit in hits]
        raise ValidationError(
            "有多处符合，请选定一处。" if hits else "您的范围内没有这个地点，请换个名称或拼音首字母再找。"
        )

    def report(self) -> Report:
        """What was entered, for ``report_issue``; only after ``is_valid``."""
        values = self.cleaned_data
        return Report(
            place=values["place"],
            category=values["category"],
            description=values["description"],
            address=values["address"],
            severity=values["severity"],
            source=values["source"],
            submission_key=values["submission_key"],
            contact=Contact(values["contact_name"], values["contact_phone"]),
        )


class RoutingRuleForm(RecordForm):
    """A routing rule. Whoever has one street alone makes rules for it; only the district leaves the street empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category, street = self.fields.get("category"), self.fields.get("street")
        if isinstance(category, forms.ModelChoiceField):
            category.label_from_instance = self._name_category  # type: ignore[method-assign]
            category.widget = SearchableSelect(choices=category.choices)
            category.empty_label = ANY_CATEGORY
        if isinstance(street, forms.ModelChoiceField):
            if self.user.scope_for(Verb.ROUTING_EDIT).district:
                street.empty_label = WHOLE_DISTRICT
            else:
                street.required, street.help_text = True, ""
                street.error_messages["required"] = "请选择街道。"
                self._start_with("street")

    @staticmethod
    def _name_category(category: Any) -> str:
        return f"{category.code} {category}" if category.parent_id else f"{category.code} {category}（整个大类）"


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

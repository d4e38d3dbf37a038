"""The form with which an issue is entered."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from grids.categories.forms import CategoryField
from grids.issues.models import Severity, Source
from grids.issues.services import Report
from grids.places.finding import Place, describe, find_places, place_named
from grids.reporters.forms import NameField, PhoneField, kept_for
from grids.reporters.models import Contact
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.text.free_text import FreeTextMixin


class IssueForm(FreeTextMixin, forms.Form):
    """The entry of an issue: place, what, category; the rest may stay empty.

    The place is a code (``place``) that the combobox keeps in step with what is typed
    (``place_q``). Without script the typed words are looked up here: one hit is taken, of
    several the user picks one (``place_hits``, sent as ``place_pick``). ``place_chosen``: by the
    user, so that the page leaves it although the text names another one.
    """

    place = forms.CharField(required=False, max_length=21, widget=forms.HiddenInput)
    place_q = forms.CharField(label="地点", required=False, max_length=120)
    place_pick = forms.CharField(required=False, max_length=21, widget=forms.HiddenInput)
    place_chosen = forms.CharField(required=False, max_length=1, widget=forms.HiddenInput)
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
    def empty(cls, user: Any, place: Place | None, chosen: bool) -> "IssueForm":
        """A new form with ``place`` in it (``chosen``: asked for by the user) and a submission key of its own."""
        initial = {"severity": Severity.NORMAL, "submission_key": uuid.uuid4()}
        if place is not None:
            initial |= {"place": place.code, "place_q": describe(place), "place_chosen": "1" if chosen else ""}
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

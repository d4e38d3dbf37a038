"""The reporter's contact on pages: the fields to enter it, the form that reveals it, and what the issue page shows."""

import logging
from dataclasses import dataclass
from typing import Any

from django import forms

from grids.issues.models import Issue
from grids.issues.rights import may_keep_contact, may_reveal, sees_contact
from grids.reporters.models import Contact, ReporterContact
from grids.reporters.parameters import CONTACT_MONTHS
from grids.reporters.services import NAME_LENGTH, RevealReason, clean_name, clean_phone
from suzhou_portal.lib.rows.crypto import CryptoError
from suzhou_portal.lib.text.free_text import FreeTextMixin
from suzhou_portal.rules.parameters import parameter

logger = logging.getLogger(__name__)
# Neither the browser's own memory of forms nor our drafts keep what is typed here.
_UNKEPT = {"autocomplete": "off", "data-keep-not": True}


def kept_for() -> str:
    """How the portal treats a contact, in a sentence for whoever enters one."""
    return f"加密保存，查看须说明原因并留痕；办结 {parameter(CONTACT_MONTHS)} 个月后自动清除。"


class NameField(forms.CharField):
    """联系人: a name or a form of address."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={**_UNKEPT, "placeholder": "例：张先生"})
        super().__init__(label="联系人", required=False, max_length=NAME_LENGTH, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        """See Django."""
        return clean_name(super().clean(value))


class PhoneField(forms.CharField):
    """联系电话: a mobile or a fixed number, kept as digits."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={**_UNKEPT, "inputmode": "tel", "placeholder": "手机号，或区号-号码"})
        super().__init__(label="联系电话", required=False, max_length=30, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        """See Django."""
        return clean_phone(super().clean(value))


class ContactForm(forms.Form):
    """Adding or replacing a contact. Always empty at first: what is stored is not shown here."""

    contact_name = NameField()
    contact_phone = PhoneField()
    contact_version = forms.IntegerField(min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Something must be filled in."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.contact:
            self.add_error("contact_phone", "请填写联系人或联系电话。")
        return cleaned

    @property
    def contact(self) -> Contact:
        """What was entered."""
        return Contact(self.cleaned_data.get("contact_name", ""), self.cleaned_data.get("contact_phone", ""))


class RevealForm(FreeTextMixin, forms.Form):
    """Why the contact is looked at: a choice, and in words where the choice does not say it."""

    why = forms.ChoiceField(
        label="查看原因",
        choices=RevealReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择查看原因。"},
    )
    words = forms.CharField(
        label="说明",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "选“其他”须说明", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """其他 needs words."""
        cleaned = super().clean()
        if cleaned.get("why") == RevealReason.OTHER and not cleaned.get("words") and "words" not in self.errors:
            self.add_error("words", "请说明原因。")
        return cleaned

    @property
    def reason(self) -> str:
        """The reason as the trail keeps it."""
        words = self.cleaned_data["words"]
        return str(RevealReason(self.cleaned_data["why"]).label) + (f"：{words}" if words else "")


@dataclass
class ContactPanel:
    """What the issue page shows of the reporter to one user."""

    issue: Issue
    line: str  # who it is as far as the user may know, in words; "" for nothing to show
    is_kept: bool  # there is a contact
    may_reveal: bool
    may_keep: bool
    version: int
    reveal_form: RevealForm
    contact_form: ContactForm
    revealed: Contact | None = None
    problem: str = ""

    def __bool__(self) -> bool:
        return bool(self.line or self.may_keep)


def contact_of(issue: Issue) -> ReporterContact | None:
    """The row of ``issue``, erased or not; no query when it was fetched along."""
    try:
        return issue.contact
    except ReporterContact.DoesNotExist:
        return None


def panel_for(issue: Issue, user: Any, **shown: Any) -> ContactPanel:
    """The panel of ``issue`` for ``user``; ``shown`` replaces parts of it (a bound form, what was revealed)."""
    row = contact_of(issue)
    is_kept = row is not None and row.erased_at is None
    forms_ = {
        "reveal_form": RevealForm(auto_id="id_reveal_%s"),
        "contact_form": ContactForm(initial={"contact_version": row.version if row else 0}),
    }
    ended = row is not None and row.erased_at is not None and not issue.is_open
    return ContactPanel(
        issue=issue,
        line=_line(issue, row, user),
        is_kept=is_kept,
        may_reveal=is_kept and may_reveal(issue, user),
        may_keep=not ended and may_keep_contact(issue, user),
        version=row.version if row else 0,
        **{**forms_, **shown},
    )


def _line(issue: Issue, row: ReporterContact | None, user: Any) -> str:
    if row is None:
        return ""
    if row.erased_at is not None:
        return "联系方式已清除"
    if not sees_contact(issue, user):
        return "留有联系方式，需要联系的请找社区或街道"
    try:
        return row.read().masked
    except CryptoError as error:
        logger.error("contact of issue %s: %s", issue.pk, error)
        return "留有联系方式，暂时无法读取"

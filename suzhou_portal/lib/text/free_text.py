"""Free text is flagged before it is saved, on every surface in the same way.

What looks like an identity card, phone or bank card number in a text is an error beside it,
until the user confirms (``not_personal``) that it is none: forms by :class:`FreeTextMixin`,
serializers by :func:`number_errors`. Only what was typed now is looked at: a text that is
stored as confirmed asks no second time.
"""

from collections.abc import Iterable
from typing import Any

from django import forms

from suzhou_portal.lib.text.privacy import warnings

CONFIRM = "not_personal"
UNCONFIRMED = "核对后不是个人信息的，请确认。"
# Columns that are there for a number: service telephones, the mobile number of an account; and the name of
# an account, which may be one and has checks of its own.
FOR_NUMBERS = frozenset({"telephone", "phone", "username"})


def number_errors(texts: Iterable[tuple[str, Any]], *, confirmed: bool) -> dict[str, list[str]]:
    """Errors of the (name, value) pairs whose value holds what looks like a personal number.

    With them comes one under :data:`CONFIRM`, which tells programs what to set. {} when confirmed.
    """
    told = {} if confirmed else warnings((name, as_text(value)) for name, value in texts if name not in FOR_NUMBERS)
    errors = {name: [message] for name, message in told.items()}
    return {**errors, CONFIRM: [UNCONFIRMED]} if errors else {}


def as_text(value: Any) -> str:
    """The text in a cleaned value: itself, its lines, "" for anything else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return value if isinstance(value, str) else ""


class FreeTextMixin(forms.BaseForm):
    """A form whose text fields are flagged; the checkbox that confirms appears when something was found.

    ``trusted``: nothing is asked, for what the portal itself fills in. ``texts_excepted`` names
    further fields that are there for numbers.
    """

    confirm_label = "已核对，不是个人信息，照此保存"
    texts_excepted: frozenset[str] = frozenset()
    trusted = False

    def clean(self) -> dict[str, Any]:
        """See Django; the errors stand beside their texts and beside the checkbox."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        texts = [] if self.trusted else list(self._texts_typed(cleaned))
        if number_errors(texts, confirmed=False):
            widget = forms.CheckboxInput(attrs={"data-keep-not": True})
            self.fields[CONFIRM] = forms.BooleanField(label=self.confirm_label, required=False, widget=widget)
            confirmed = widget.value_from_datadict(self.data, self.files, self.add_prefix(CONFIRM))
            for name, messages in number_errors(texts, confirmed=bool(confirmed)).items():
                self.add_error(name, messages)
        return cleaned

    def _texts_typed(self, cleaned: dict[str, Any]) -> Iterable[tuple[str, Any]]:
        for name, field in self.fields.items():
            if hasattr(field, "typed_texts"):  # a value with texts in it
                yield name, field.typed_texts(cleaned.get(name))
            elif isinstance(field, forms.CharField) and name not in self.texts_excepted and name in self.changed_data:
                yield name, cleaned.get(name)

    @property
    def flagged(self) -> bool:
        """Something was found, so the checkbox is there."""
        return CONFIRM in self.fields

    @property
    def confirmed(self) -> bool:
        """Something was found and the user has confirmed it. Only after ``is_valid``."""
        return self.flagged and not self.errors

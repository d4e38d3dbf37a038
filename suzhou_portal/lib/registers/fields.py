"""Fields of forms that several topics ask with."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from suzhou_portal.lib.registers.days import DayInput

YES_NO = ("true", "false")
DAY = {"required": "请填写生效日期。", "invalid": "请填写日期，如 2026-01-31。"}


class YesNoField(forms.NullBooleanField):
    """Yes or no, in words; nothing is chosen beforehand. Cleaned to a bool, or None where it may stay open."""

    def __init__(self, *, yes: str, no: str, **kwargs: Any) -> None:
        widget = forms.RadioSelect(choices=list(zip(YES_NO, (yes, no), strict=True)))
        super().__init__(widget=widget, **kwargs)

    def validate(self, value: bool | None) -> None:
        """Raises ``ValidationError`` when a required answer is missing."""
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def prepare_value(self, value: Any) -> Any:
        """True and False as the radio buttons call them."""
        return str(value).lower() if isinstance(value, bool) else value


def _not_later_than_today(day: Any) -> None:
    if day > timezone.localdate():
        raise ValidationError("生效日期不能晚于今天。")


class DayField(forms.DateField):
    """A day up to today."""

    def __init__(self, label: str = "生效日期", **kwargs: Any) -> None:
        widget = DayInput()
        super().__init__(label=label, widget=widget, error_messages=DAY, validators=[_not_later_than_today], **kwargs)

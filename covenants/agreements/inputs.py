"""What the steps of a covenant ask for."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from covenants.agreements.models import Covenant
from covenants.agreements.terms import WRONG_YEAR, YEARS, Terms, unknown_names
from suzhou_portal.lib.registers.days import DayInput


def note(label: str, *, required: bool, longest: int = 500) -> Any:
    """A factory of a text field."""

    def factory(covenant: Covenant, user: Any) -> forms.Field:
        return forms.CharField(
            label=label,
            required=required,
            max_length=longest,
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"required": f"请填写{label}。"},
        )

    return factory


class Whole(forms.Widget):
    """Takes a value as it was given, also a mapping or a list."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """See Django."""
        return data.get(name)


class TermsField(forms.Field):
    """A draft: ``Terms.json()``, as a mapping or as text; cleaned to :class:`Terms`."""

    widget = Whole
    api_type = "object"

    def __init__(self, covenant: Covenant, **kwargs: Any) -> None:
        self.covenant = covenant
        super().__init__(**kwargs)

    def typed_texts(self, value: Terms | None) -> list[str]:
        """What is new in this draft: texts of the newest one were looked at when it was proposed."""
        if value is None:
            return []
        newest = self.covenant.revisions.filter(index=self.covenant.revision).first()
        known = Terms.of(newest.terms).texts if newest else set()
        return sorted(value.texts - known)

    def clean(self, value: Any) -> Terms:
        """The terms. Raises ``ValidationError`` with every contradiction."""
        try:
            sent = json.loads(value) if isinstance(value, str) else value
            unknown = unknown_names(sent)
            terms = Terms.of(sent)
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ValidationError("约定内容不完整或格式不对。", code="invalid") from error
        if unknown:
            raise ValidationError(f"没有这些字段：{'、'.join(sorted(unknown))}。", code="invalid")
        terms.check()
        return terms


def terms(covenant: Covenant, user: Any) -> forms.Field:
    """The draft."""
    return TermsField(covenant, label="约定内容")


def signed_on(covenant: Covenant, user: Any) -> forms.Field:
    """The day of the signing, today or before."""

    def possible(value: Any) -> None:
        if value > timezone.localdate():
            raise ValidationError("签约日期不能晚于今天。")
        if value.year not in YEARS:
            raise ValidationError(WRONG_YEAR)

    return forms.DateField(
        label="签约日期",
        validators=[possible],
        initial=timezone.localdate,
        widget=DayInput(),
        error_messages={"required": "请填写签约日期。", "invalid": "请按 2026-11-22 的样子填写日期。"},
    )


def signatory(label: str) -> Any:
    """A factory of a name field."""
    return lambda covenant, user: forms.CharField(
        label=label, max_length=40, error_messages={"required": f"请填写{label}。"}
    )


ALONE = "另一方的这一步是您本人办理的，请由本方其他人员办理。"


def not_alone(rows: QuerySet, **by_oneself: Any) -> None:
    """Raise ``ValidationError`` where a row says that the user took the other side's step: people change posts,
    and nobody agrees with themselves.
    """
    if rows.filter(**by_oneself).exists():
        raise ValidationError(ALONE)


REASON = {"note": note("原因", required=True)}
OPTIONAL_NOTE = {"note": note("说明", required=False)}

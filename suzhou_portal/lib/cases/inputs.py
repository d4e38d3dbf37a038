"""What steps ask for: factories of form fields ``(row, user) -> Field``, for ``Transition.inputs``."""

from typing import Any

from django import forms

from suzhou_portal.lib.cases.workflow import FieldFactory


def note(label: str, *, required: bool, placeholder: str = "") -> FieldFactory:
    """A text of up to 500 characters called ``label``."""

    def factory(row: Any, user: Any) -> forms.Field:
        return forms.CharField(
            label=label,
            required=required,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3, "placeholder": placeholder}),
            error_messages={"required": f"请填写{label}。"},
        )

    return factory


OPTIONAL_NOTE = {"note": note("说明", required=False)}
REASON = {"note": note("原因", required=True)}

"""The form with which a case begins."""

import uuid
from typing import Any

from django import forms

from suzhou_portal.lib.registers.choices import RecordForm


class CaseForm(RecordForm):
    """A register's form with the key of the submission, where the case knows one (``Case.once``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.adds and self.register.once:
            self.fields[self.register.once] = forms.UUIDField(required=False, widget=forms.HiddenInput)
            self.initial.setdefault(self.register.once, uuid.uuid4())

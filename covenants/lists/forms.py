"""The forms of the two lists."""

from typing import Any

from django import forms

from suzhou_portal.lib.registers.choices import RecordForm


class ListForm(RecordForm):
    """Of a need or an offer. What can be one row only is not asked: the own community, the own unit."""

    chosen: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].label = "计量单位"
        if not self.adds:
            return
        for name in self.chosen:
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and not self.initial.get(name):
                only = list(field.queryset[:2])
                self.initial[name] = only[0] if len(only) == 1 else None
                self.unasked |= {name} if len(only) == 1 else set()


class NeedForm(ListForm):
    """A community secretary's own community is not asked."""

    chosen = ("community", "street")


class OfferForm(ListForm):
    """A liaison's only unit is not asked."""

    chosen = ("organisation",)

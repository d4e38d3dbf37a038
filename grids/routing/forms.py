"""The form of a routing rule."""

from functools import partial
from typing import Any

from django import forms

from grids.issues.reach import name_for
from grids.routing.models import ANY_CATEGORY, WHOLE_DISTRICT
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.choices import RecordForm
from suzhou_portal.lib.registers.searchable import SearchableSelect


class RoutingRuleForm(RecordForm):
    """A routing rule. Whoever has one street alone makes rules for it; only the district leaves the street empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category, street = self.fields.get("category"), self.fields.get("street")
        if isinstance(organisation := self.fields.get("organisation"), forms.ModelChoiceField):
            organisation.label_from_instance = partial(name_for, self.user)  # type: ignore[method-assign]
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

"""The page of a mediation: that of a case, with who mediates and the talks."""

from typing import Any

from django import forms

from grids.mediation.papers import outcome_words
from grids.mediation.related import issues_of
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.cases.pages import CasePage
from suzhou_portal.lib.registers.searchable import make_searchable


class MediationPage(CasePage):
    """See the module."""

    def context(self, failed: Action | None = None) -> dict[str, Any]:
        """See the base."""
        row, found = self.obj, super().context(failed)
        mediators = row.mediators.filter(session=None).select_related("post", "organisation")
        talks = row.sessions.select_related("by").prefetch_related("mediators__post", "mediators__organisation")
        return {
            **found,
            "outcome": outcome_words(row),
            "mediators": list(map(str, mediators)),
            "talks": talks,
            "steps": [step for step in found["steps"] if step.action != "session"],
            "issues": issues_of(row, self.request.user),
        }

    def prepare(self, form: forms.Form) -> forms.Form:
        """Organisations and categories are found by typing; leaders, who are few, stay boxes to tick."""
        leaders = form.fields.pop("leaders", None)
        kept = list(form.fields)
        make_searchable(form)
        if leaders is not None and leaders.queryset.exists():  # type: ignore[attr-defined]
            form.fields["leaders"] = leaders
            kept.insert(kept.index("roles") + 1, "leaders")
            form.order_fields(kept)
        organisation: Any = form.fields.get("organisation")
        if organisation is not None and not organisation.queryset.exists():
            del form.fields["organisation"]
        return form

"""The form with which a dispute is registered: place, kind, parties by kind, what it is about."""

import uuid
from typing import Any

from django import forms

from grids.places.models import Grid
from suzhou_portal.lib.registers.choices import RecordForm


class MediationForm(RecordForm):
    """A dispute. Whoever works in grids alone names one of theirs; everybody else a community."""

    submission_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.adds:
            del self.fields["submission_key"]
            return
        self.initial.setdefault("submission_key", uuid.uuid4())
        community, grid = self.fields.get("community"), self.fields.get("grid")
        if community is not None and grid is not None:
            self._fit_places(community, grid)

    def _fit_places(self, community: Any, grid: Any) -> None:
        scope = self.user.scope_for(self.register.edit_verb)
        if scope.district or scope.streets or scope.communities:
            community.required = True
            community.error_messages["required"] = "请选择社区。"
            self._start_with("community")
            return
        community.widget = forms.HiddenInput()
        grid.required = True
        grid.error_messages["required"] = "请选择网格。"
        if not self.initial.get("grid"):
            rows = Grid.objects.current().visible_to(self.user, self.register.edit_verb)
            self.initial["grid"] = rows.order_by("code").first()

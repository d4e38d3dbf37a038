"""The form of a new version of the 十查 list."""

from typing import Any

from grids.checklists.models import PatrolChecklist
from grids.checklists.services import DEFAULT_CONTENT
from suzhou_portal.lib.registers.choices import RecordForm


class ChecklistForm(RecordForm):
    """A new version; it begins with the text of the one in force."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "content" in self.fields:
            # unscoped: checklists are reference data
            last = PatrolChecklist.objects.begun().values_list("content", flat=True).first()
            self.initial.setdefault("content", last or DEFAULT_CONTENT)
            self.fields["content"].widget.attrs["rows"] = 14

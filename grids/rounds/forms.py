"""Forms of the patrols: a new version of the checklist, and what was found."""

from typing import Any

from django import forms
from django.db.models import Q
from django.forms.models import ModelChoiceField

from grids.categories.forms import CategoryField
from grids.entry.forms import IssueForm
from grids.findings.models import Handling, PatrolFinding
from grids.findings.services import Found
from grids.patrols.models import PatrolStop
from grids.places.models import Grid
from suzhou_portal.lib.registers.searchable import SearchableSelect
from suzhou_portal.lib.text.free_text import FreeTextMixin


class FindingForm(FreeTextMixin, forms.Form):
    """What was found at ``stop`` about ``item``, and what was (or is to be) done about it.

    ``handling`` decides which further fields there are: what was done, or what kind of issue it becomes.
    """

    description = forms.CharField(
        label="发现的问题",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "例：2号楼一单元楼道堆放纸箱"}),
        error_messages={"required": "请填写发现的问题。", "max_length": "最多写 2000 字，请删减。"},
    )
    remedy = forms.CharField(
        label="现场怎么整改的",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "例：已联系住户当场清走"}),
        error_messages={"required": "请填写现场是怎么整改的。"},
    )
    place = forms.ModelChoiceField(
        label="小区、楼栋",
        required=False,
        queryset=Grid.objects.none(),
        to_field_name="code",
        empty_label="就在本网格",
        widget=SearchableSelect,
        error_messages={"invalid_choice": "没有这个地点，请重新选择。"},
    )
    category = CategoryField()
    address = IssueForm.base_fields["address"]
    submission_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    confirm_label = "已核对，不是个人信息，照此登记"

    def __init__(self, *args: Any, stop: PatrolStop, item: Any, handling: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stop, self.item, self.handling = stop, item, handling
        # unscoped: what lies below a stop that the view has fetched in scope
        grids = Grid.objects.current().filter(Q(parent=stop.grid_id) | Q(parent__parent=stop.grid_id))
        place: Any = self.fields["place"]
        place.queryset = grids.select_related("parent").order_by("code")
        place.label_from_instance = lambda grid: grid.full_name
        unwanted = ("category", "address") if handling == Handling.ON_SPOT else ("remedy",)
        for name in unwanted:
            del self.fields[name]
        category = self.fields.get("category")
        if isinstance(category, ModelChoiceField) and item.category is not None:
            category.initial = item.category.code

    def found(self) -> Found:
        """What was said. Only after ``is_valid``."""
        values = self.cleaned_data
        return Found(
            stop=self.stop,
            item=self.item,
            description=values["description"],
            handling=self.handling,
            remedy=values.get("remedy", ""),
            category=values.get("category"),
            address=values.get("address", ""),
            place=values.get("place"),
            submission_key=values.get("submission_key"),
        )


def draft_name(stop: PatrolStop, handling: str, user: Any) -> str:
    """The name under which the browser keeps what ``user`` types about ``stop`` until it is stored."""
    return f"patrol-{stop.pk}-{handling}-{user.pk}"


def was_sent_before(finding: PatrolFinding, found: Found) -> bool:
    """The submission had been stored before, with other words: the first one stands."""
    return (finding.description, finding.handling) != (found.description.strip(), found.handling)

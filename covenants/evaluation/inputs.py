"""What the evaluation asks for: a score per item of the rubric."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from covenants.agreements.models import Covenant
from covenants.evaluation.sealing import rubric_for


class ScoresField(forms.Field):
    """A score per item of a rubric, in its order; cleaned to a list of numbers."""

    api_type = "numbers"

    def __init__(self, rubric: Any, **kwargs: Any) -> None:
        self.items = list(rubric.items.all()) if rubric else []
        super().__init__(widget=ScoresWidget(self.items), **kwargs)

    def clean(self, value: Any) -> list[int]:
        """The scores. Raises ``ValidationError`` naming the item."""
        given = value if isinstance(value, list) else []
        if not self.items or len(given) != len(self.items):
            raise ValidationError("请逐项评分。", code="required")
        found = []
        for item, text in zip(self.items, given, strict=True):
            try:
                score = int(str(text))
            except ValueError:
                raise ValidationError(f"“{item.title}”请填写整数。", code="invalid") from None
            if not 0 <= score <= item.points:
                raise ValidationError(f"“{item.title}”为 0 至 {item.points} 分。", code="invalid")
            found.append(score)
        return found


class ScoresWidget(forms.Widget):
    """One number per item: ``scores`` as a list, or ``scores_0``, ``scores_1``, … from a page."""

    template_name = "covenants/evaluation/_scores.html"
    use_fieldset = True

    def __init__(self, items: list[Any]) -> None:
        super().__init__()
        self.items = items

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """See Django."""
        if any(f"{name}_{index}" in data for index in range(len(self.items))):
            return [data.get(f"{name}_{index}", "") for index in range(len(self.items))]
        return data.get(name)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """See Django; a line per item."""
        context = super().get_context(name, value, attrs)
        given = value if isinstance(value, list) else [""] * len(self.items)
        context["lines"] = [
            {"name": f"{name}_{index}", "item": item, "value": score}
            for index, (item, score) in enumerate(zip(self.items, given, strict=False))
        ]
        return context

    def id_for_label(self, id_: str) -> str:
        """The first number."""
        return f"{id_}_0" if id_ else ""


def scores(covenant: Covenant, user: Any) -> forms.Field:
    """The scores that the user's side gives."""
    return ScoresField(rubric_for(covenant, user), label="评分")

"""Rules that the district sets itself: numbers that the portal works with."""

from django.core.exceptions import ValidationError
from django.db import models

from suzhou_portal.lib.located import Versioned
from suzhou_portal.lib.scoping import ReferenceRule, ScopedQuerySet
from suzhou_portal.rules import parameters


class Parameter(Versioned):
    """参数: the value of a number declared in code (``rules.parameters``), editable by the district."""

    code = models.CharField("编码", max_length=60, unique=True, editable=False)
    value = models.PositiveIntegerField("取值")

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办理参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.declared.label if self.declared else self.code

    @property
    def declared(self) -> parameters.Declared | None:
        """What the code says of it; None for one that the portal no longer asks for."""
        return parameters.DECLARED.get(self.code)

    def clean(self) -> None:
        """Within the declared bounds."""
        super().clean()
        declared = self.declared
        if declared and self.value is not None and not declared.minimum <= self.value <= declared.maximum:
            raise ValidationError({"value": f"请填写 {declared.minimum} 至 {declared.maximum} 之间的整数。"})

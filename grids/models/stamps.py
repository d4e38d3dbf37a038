"""When what figures count last happened to an issue, as far as nothing else keeps it."""

from django.db import models
from django.db.models import Q


class Stamped(models.Model):
    """Written by ``grids.workflow.stamping`` alone, with the step that it is about; what is taken back is no more.

    ``accepted_at``: the first time that somebody else than the reporter took the issue on, and
    whether that was within the limit of the step.
    """

    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    accepted_in_time = models.BooleanField("按时受理", default=False)
    supervised_at = models.DateTimeField("督办时间", null=True, blank=True)
    supervision_replied = models.BooleanField("督办已回复", default=False)
    extended_at = models.DateTimeField("延期时间", null=True, blank=True)
    shelved_at = models.DateTimeField("最近挂账时间", null=True, blank=True)

    class Meta:
        abstract = True


# Few issues have one; of the model that is ``Stamped``: Django does not inherit them.
STAMP_INDEXES = tuple(
    models.Index(fields=[name], condition=Q(**{f"{name}__isnull": False}), name=f"issue_{name}")
    for name in ("supervised_at", "extended_at", "shelved_at")
)

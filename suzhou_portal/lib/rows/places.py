"""Abstract models: rows with a version, rows that stand on a place."""

from django.core.exceptions import ValidationError
from django.db import models

from suzhou_portal.lib.rows.quick import Row


class Versioned(Row):
    """A row that two people may edit: ``version`` grows by one with every saved change."""

    version = models.PositiveIntegerField("版本", default=1, editable=False)

    class Meta:
        abstract = True


class Located(Row):
    """A row that belongs to a street and, where it is more precise, a community and a grid.

    The upper levels are filled from the most specific one by ``clean()``; triggers refuse
    rows whose levels disagree (``suzhou_portal.lib.rows.triggers``).
    """

    located = True

    street = models.ForeignKey("streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道")
    community = models.ForeignKey(
        "communities.Community",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="社区",
    )
    grid = models.ForeignKey(
        "grids.Grid", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="网格"
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Fill community and street from the grid or community; refuse a contradiction."""
        super().clean()
        if self.grid_id is not None:
            if self.community_id not in (None, self.grid.community_id):
                raise ValidationError({"grid": "所选网格不属于该社区。"})
            self.community_id = self.grid.community_id
        if self.community_id is not None:
            if self.street_id not in (None, self.community.street_id):
                raise ValidationError({"community": "所选社区不属于该街道。"})
            self.street_id = self.community.street_id

    @property
    def place(self) -> models.Model:
        """The most specific place of the row: its grid, else community, else street."""
        return self.grid or self.community or self.street

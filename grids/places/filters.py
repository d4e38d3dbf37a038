"""Filters that several registers of ``grids/`` share."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from suzhou_portal.lib.registers.filters import RegisterFilterSet, yes_no_filter


def in_force() -> Q:
    """Begun and not ended, as of today."""
    today = timezone.localdate()
    return Q(starts__lte=today) & (Q(ends=None) | Q(ends__gt=today))


class CurrentFilter(RegisterFilterSet):
    """Adds 在用/在任: rows in force today, or those that are not."""

    current = yes_no_filter(method="only_current", label="现行")

    def only_current(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Rows in force today (True) or not (False)."""
        return rows.filter(in_force()) if value else rows.exclude(in_force())


class BelowFilter(RegisterFilterSet):
    """A filter ``grid`` means the grids below it, too."""

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """See django-filter; the grid is taken with those below."""
        grid = self.form.cleaned_data.get("grid")
        if grid is None:
            return super().filter_queryset(queryset)
        self.form.cleaned_data["grid"] = None
        try:
            rows = super().filter_queryset(queryset)
        finally:
            self.form.cleaned_data["grid"] = grid
        return rows.filter(Q(grid=grid) | Q(grid__parent=grid) | Q(grid__parent__parent=grid))

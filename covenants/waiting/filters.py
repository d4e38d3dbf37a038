"""The filter 等我方办理 of the registers of co-building."""

import django_filters
from django.db.models import QuerySet

from covenants.waiting.conditions import Party, Wait
from suzhou_portal.lib.registers.filters import RegisterFilterSet


def waiting_filter(*waits: Wait) -> django_filters.ChoiceFilter:
    """The filter by ``waits``, for a filterset that is a :class:`WaitingFilterSet`."""
    made = django_filters.ChoiceFilter(
        method="only_waiting",
        label="等我方办理",
        choices=[(wait.code, wait.text) for wait in waits],
        empty_label="不限",
    )
    made.waits = {wait.code: wait for wait in waits}
    return made


class WaitingFilterSet(RegisterFilterSet):
    """Knows what waits for the reader."""

    def only_waiting(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """What waits for the reader in this way; nothing where it cannot."""
        mine = self.filters[name].waits[value].rows(Party.of(self.request.user))
        return rows.none() if mine is None else rows.filter(mine)

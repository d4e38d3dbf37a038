"""What of the lists waits for whom."""

from django.db.models import Q

from covenants.lists.models import Need
from covenants.waiting.conditions import Wait, both

CLAIM = Wait(
    *("claim", Need, "needs", "还没有单位认领的需求", "项"),
    lambda party: both(party.at(), lambda: Q(status=Need.Status.OPEN)),
    to_do=False,
)

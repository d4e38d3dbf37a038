"""What of the lists waits for whom."""

from django.db.models import Q

from covenants.lists.models import Need
from covenants.waiting.conditions import both, party
from suzhou_portal.lib.cases import Wait

CLAIM = Wait(
    *("claim", "还没有单位认领的需求", "项"),
    party(lambda side: both(side.at(), lambda: Q(status=Need.Status.OPEN))),
    to_do=False,
)

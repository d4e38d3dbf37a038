"""What of the lists waits for whom."""

from django.db.models import Q

from covenants.lists.models import Need
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Wait
from suzhou_portal.lib.rows.scope import kept

CLAIM = Wait(
    *("claim", "还没有单位认领的需求", "项"),
    kept(Verb.COVENANTS_PLACE, Q(status=Need.Status.OPEN)),
    to_do=False,
)

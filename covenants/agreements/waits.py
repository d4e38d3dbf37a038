"""What of talks and signing waits for whom."""

from django.db.models import F, Q

from covenants.agreements.models import Status
from covenants.waiting.conditions import Party, party
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Wait
from suzhou_portal.lib.rows.scope import kept


def _answer(party: Party, more: Q) -> Q | None:
    return party.each(
        lambda rows: rows & more & Q(revision__gt=F("place_accepts")),
        lambda rows: rows & more & Q(revision__gt=F("unit_accepts")),
    )


ANSWER = Wait(
    *("answer", "待答复的协议稿", "份"),
    party(lambda side: _answer(side, Q(status=Status.NEGOTIATING))),
    step="答复协议稿",
)
CHANGE = Wait(
    *("change", "待答复的协议变更", "份"),
    party(lambda side: _answer(side, Q(status=Status.ACTIVE, revision__gt=F("in_force")))),
    step="答复协议变更",
)
SIGN = Wait(
    *("sign", "双方已同意、待签约的协议", "份"),
    kept(Verb.COVENANTS_PLACE, Q(status=Status.AGREED)),
    step="签约",
)

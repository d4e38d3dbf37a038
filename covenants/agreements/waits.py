"""What of talks and signing waits for whom."""

from django.db.models import F, Q

from covenants.agreements.models import Covenant, Status
from covenants.waiting.conditions import Party, Wait, both


def _answer(party: Party, more: Q) -> Q | None:
    return party.each(
        lambda rows: rows & more & Q(revision__gt=F("place_accepts")),
        lambda rows: rows & more & Q(revision__gt=F("unit_accepts")),
    )


ANSWER = Wait(
    *("answer", Covenant, "covenants", "待答复的协议稿", "份"),
    lambda party: _answer(party, Q(status=Status.NEGOTIATING)),
)
CHANGE = Wait(
    *("change", Covenant, "covenants", "待答复的协议变更", "份"),
    lambda party: _answer(party, Q(status=Status.ACTIVE, revision__gt=F("in_force"))),
)
SIGN = Wait(
    *("sign", Covenant, "covenants", "双方已同意、待签约的协议", "份"),
    lambda party: both(party.at(), lambda: Q(status=Status.AGREED)),
)

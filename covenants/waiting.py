"""What of co-building waits for whom: the lines of the home page."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from covenants.matching import needs_for
from covenants.models import Commitment, Covenant, Delivery, Evaluation, Need, Side
from covenants.models.covenants import Status
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib import moments
from suzhou_portal.lib.counts import capped_counts, capped_text
from suzhou_portal.lib.scoping import among

CAP = 999
PAGES = "/covenants"


@dataclass(frozen=True)
class Line:
    """So many of these wait; ``url`` lists them."""

    text: str
    count: str
    url: str


def waiting_for(user: Any) -> list[Line]:
    """The lines of ``user``, without empty ones; at most five statements."""
    lines = [*_of_unit(user), *_of_place(user)]
    counts = capped_counts([rows for _text, rows, _url in lines], CAP)
    found = [
        Line(text, capped_text(count, CAP), url)
        for (text, _rows, url), count in zip(lines, counts, strict=True)
        if count
    ]
    fitting = needs_for(user)
    if fitting:
        found.append(Line("适合本单位的需求", str(len(fitting)), f"{PAGES}/needs/fitting/"))
    return found


Wanted = list[tuple[str, QuerySet, str]]


def _of_unit(user: Any) -> Wanted:
    keys = user.scope_for(Verb.COVENANTS_UNIT).organisations
    if not keys:
        return []
    rows = Covenant.objects.filter(among("organisation_id", keys))  # scope: the user's own units
    mine = among("commitment__covenant__organisation_id", keys)
    late = Commitment.objects.counted().filter(
        among("covenant__organisation_id", keys),
        covenant__status=Status.ACTIVE,
        fulfilled_on=None,
        due_on__lt=timezone.localdate(moments.now()),
    )
    return [
        *_drafts(rows, Side.UNIT),
        (
            "被退回、待改正的履约记录",
            Delivery.objects.filter(mine, status=Delivery.Status.RETURNED),
            f"{PAGES}/deliveries/?status=returned",
        ),
        ("超期未履约的约定事项", late, f"{PAGES}/commitments/?late=true&fulfilled=false&cancelled=false"),
        *_evaluations(rows, Side.UNIT),
    ]


def _of_place(user: Any) -> Wanted:
    scope = user.scope_for(Verb.COVENANTS_PLACE)
    own, delivered, needed = Q(pk__in=[]), Q(pk__in=[]), Q(pk__in=[])
    if scope.communities:
        own |= among("community_id", scope.communities)
        delivered |= among("commitment__covenant__community_id", scope.communities)
        needed |= among("community_id", scope.communities)
    if scope.streets:
        own |= Q(community=None) & among("street_id", scope.streets)
        delivered |= Q(commitment__covenant__community=None) & among("commitment__covenant__street_id", scope.streets)
        needed |= Q(community=None) & among("street_id", scope.streets)
    if not (scope.communities or scope.streets):
        return []
    rows = Covenant.objects.filter(own)  # scope: the user's own places
    return [
        *_drafts(rows, Side.PLACE),
        ("双方已同意、待签约的协议", rows.filter(status=Status.AGREED), f"{PAGES}/covenants/?status=agreed"),
        (
            "待确认的履约记录",
            Delivery.objects.filter(delivered, status=Delivery.Status.SUBMITTED),
            f"{PAGES}/deliveries/?status=submitted",
        ),
        *_evaluations(rows, Side.PLACE),
        ("还没有单位认领的需求", Need.objects.open().filter(needed), f"{PAGES}/needs/?status=open"),
    ]


def _drafts(rows: QuerySet, side: Side) -> Wanted:
    accepted = F("place_accepts" if side == Side.PLACE else "unit_accepts")
    open_drafts = rows.filter(revision__gt=accepted)
    return [
        (
            "待答复的协议稿",
            open_drafts.filter(status=Status.NEGOTIATING),
            f"{PAGES}/covenants/?status=negotiating",
        ),
        (
            "待答复的协议变更",
            open_drafts.filter(status=Status.ACTIVE, revision__gt=F("in_force")),
            f"{PAGES}/covenants/?status=active",
        ),
    ]


def _evaluations(rows: QuerySet, side: Side) -> Wanted:
    done = Exists(Evaluation.objects.filter(covenant=OuterRef("pk"), side=side))
    return [("待评约的协议", rows.filter(~done, status=Status.EVALUATING), f"{PAGES}/covenants/?status=evaluating")]

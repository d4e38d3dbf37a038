"""认领: a need is its unit's from the draft on that the unit proposed or accepted, until a draft drops it."""

from collections.abc import Collection
from typing import Any

from django.db.models import F, Q, QuerySet

from covenants.models import Commitment, Covenant, Need, Revision
from covenants.models.covenants import OPEN
from covenants.needs import NEEDS
from covenants.terms import Terms
from suzhou_portal.accounts.roles import Verb


def needs_named(covenant: Covenant, numbers: Collection[str]) -> QuerySet[Need]:
    """The needs with these numbers that ``covenant`` can meet: of its community or the street itself, not of a
    neighbour; with a street all in that street.
    """
    # unscoped: both parties see the needs of the place
    rows = Need.objects.filter(number__in=numbers, street=covenant.street_id)
    if covenant.community_id is not None:
        return rows.filter(Q(community=covenant.community_id) | Q(community=None))
    return rows


def named_in(terms: Terms | None) -> set[str]:
    """The numbers of the needs that a draft names."""
    return {item.need for item in terms.items if item.need} if terms else set()


def follow_draft(covenant: Covenant, terms: Terms | None) -> None:
    """Let needs follow the newest draft of ``covenant`` (None: no more talks).

    What it names is taken up once the unit stands behind it; what earlier drafts named and it does not
    is open again, unless it is promised.
    """
    named = named_in(terms)
    if named and covenant.unit_accepts == covenant.revision:
        for need in needs_named(covenant, named).filter(status=Need.Status.OPEN).order_by("id"):
            NEEDS.apply(need, "take", by=None, inputs={"organisation": covenant.organisation_id})
    older = {number for row in covenant.revisions.all() for number in named_in(Terms.of(row.terms))} - named
    if older:
        mine = needs_named(covenant, older).filter(status=Need.Status.TAKEN, organisation=covenant.organisation_id)
        promised = Commitment.objects.counted().filter(need__in=mine).values("need")
        for need in mine.exclude(pk__in=promised).order_by("id"):
            NEEDS.apply(need, "release", by=None)


def let_go(covenant: Covenant) -> None:
    """Open the needs again that ``covenant``, now over, has left unmet."""
    unmet = Commitment.objects.filter(covenant=covenant, fulfilled_on=None).values("need")
    for need in Need.objects.filter(pk__in=unmet, status=Need.Status.TAKEN).order_by("id"):
        NEEDS.apply(need, "release", by=None)


def promises_for(need: Need, user: Any) -> list[Commitment]:
    """What was promised for ``need``, as far as ``user`` sees it. One query."""
    rows = Commitment.objects.visible_to(user, Verb.COVENANTS_VIEW).counted().filter(need=need.pk)
    return list(rows.select_related("covenant__organisation").order_by("id"))


def talks_about(need: Need, user: Any) -> list[Covenant]:
    """The covenants that ``user`` sees whose newest draft names ``need``, taken up and not promised yet. One query."""
    if need.status != Need.Status.TAKEN:
        return []
    covenants = Covenant.objects.visible_to(user, Verb.COVENANTS_VIEW)
    covenants = covenants.filter(organisation=need.organisation_id, street=need.street_id, status__in=OPEN)
    # unscoped: drafts of covenants that the user sees
    newest = Revision.objects.filter(covenant__in=covenants, index=F("covenant__revision"))
    found = newest.select_related("covenant__organisation").order_by("covenant_id")
    return [draft.covenant for draft in found if need.number in named_in(Terms.of(draft.terms))]

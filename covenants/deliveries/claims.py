"""认领: a need is its unit's from the draft on that the unit proposed or accepted, until a draft drops it.

Another covenant of the unit that promises the need, or other talks in which the unit stands behind it, keep it.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import F, Q, QuerySet

from covenants.agreements.models import OPEN, RUNNING, Covenant, Revision, Status
from covenants.agreements.terms import Terms
from covenants.deliveries.models import Commitment
from covenants.lists.models import Need
from covenants.lists.workflow import NEEDS
from suzhou_portal.accounts.roles import Verb

DRAFTING = frozenset({Status.NEGOTIATING, Status.AGREED, Status.ACTIVE})


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


def take(rows: QuerySet[Need], organisation: int) -> None:
    """Take up for ``organisation`` what is open of ``rows``. Two at once: the second finds it taken and goes on."""
    for need in rows.filter(status=Need.Status.OPEN).select_for_update(of=("self",)).order_by("id"):
        NEEDS.apply(need, "take", by=None, inputs={"organisation": organisation})


def release(rows: QuerySet[Need], covenant: Covenant) -> None:
    """Open those of ``rows`` again that the unit of ``covenant`` has taken up and that nothing else holds."""
    mine = rows.filter(status=Need.Status.TAKEN, organisation=covenant.organisation_id)
    needs = list(mine.select_for_update(of=("self",)).order_by("id"))
    if not needs:
        return
    held = _promised(needs) | _claimed_elsewhere(covenant)
    for need in needs:
        if need.number not in held:
            NEEDS.apply(need, "release", by=None)


def _promised(needs: list[Need]) -> set[str]:
    """The numbers of those that a running covenant promises still."""
    rows = Commitment.objects.counted().filter(need__in=needs, covenant__status__in=RUNNING)
    return set(rows.values_list("need__number", flat=True))


def _claimed_elsewhere(covenant: Covenant) -> set[str]:
    """The numbers that other talks of the unit name, in the newest draft and in one that the unit stands behind."""
    others = Revision.objects.filter(
        covenant__organisation=covenant.organisation_id, covenant__status__in=DRAFTING
    ).exclude(covenant=covenant)
    drafts: dict[tuple[int, int], set[str]] = {}
    ends: dict[int, tuple[int, int]] = {}
    fields = ("covenant", "index", "covenant__revision", "covenant__unit_accepts", "terms")
    for key, index, newest, accepted, terms in others.filter(_at("revision") | _at("unit_accepts")).values_list(
        *fields
    ):
        drafts[key, index], ends[key] = named_in(Terms.of(terms)), (newest, accepted)
    found = (drafts[key, newest] & drafts.get((key, accepted), set()) for key, (newest, accepted) in ends.items())
    return set().union(*found)


def _at(name: str) -> Q:
    return Q(index=F(f"covenant__{name}"))


def follow_draft(covenant: Covenant, terms: Terms | None) -> None:
    """Let needs follow the newest draft of ``covenant`` (None: no more talks).

    What it names is taken up once the unit stands behind it; what earlier drafts named and it does not
    is open again, unless something else holds it.
    """
    named = named_in(terms)
    if named and covenant.unit_accepts == covenant.revision:
        take(needs_named(covenant, named), covenant.organisation_id)
    release(needs_named(covenant, _ever_named(covenant) - named), covenant)


def _ever_named(covenant: Covenant) -> set[str]:
    return {number for row in covenant.revisions.all() for number in named_in(Terms.of(row.terms))}


def let_go(covenant: Covenant) -> None:
    """Open the needs again that ``covenant``, now over, has left unmet, and those that its drafts named in vain."""
    release(needs_named(covenant, _ever_named(covenant)), covenant)


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

"""A unit takes up a need with one click: a covenant is begun, or the need joins one that is there."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Covenant, Status
from covenants.agreements.negotiating import terms_of
from covenants.agreements.periods import term_from
from covenants.agreements.rights import is_unit
from covenants.agreements.services import begin
from covenants.agreements.terms import Item, Terms, new_key, title_between
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.claims import named_in
from covenants.lists.models import Need, Offer, ResourceKind
from covenants.matching.parameters import NEED_DAYS
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.records import ActionNotPossible
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.parameters import parameter


def due_from(today: date) -> date:
    """The day by which a need without a date is met."""
    return today + timedelta(days=parameter(NEED_DAYS))


JOINABLE = (Status.NEGOTIATING, Status.ACTIVE)


@dataclass(frozen=True)
class Way:
    """How ``organisation`` may take a need up: in the talks or the covenant ``covenant``; None: a new one."""

    organisation: Organisation
    covenant: Covenant | None

    @property
    def label(self) -> str:
        """What the button says."""
        if self.covenant is None:
            return f"{self.organisation}认领，另订新协议"
        how = "并入商谈中的" if self.covenant.status == Status.NEGOTIATING else "列为变更并入"
        return f"{self.organisation}认领，{how} {self.covenant.number}"


def ways_for(need: Need, user: Any) -> list[Way]:
    """The ways in which ``user`` may take ``need`` up for their units; two queries."""
    if not need.is_open:
        return []
    keys = user.scope_for(Verb.COVENANTS_UNIT).organisations
    units = list(Organisation.objects.filter(pk__in=keys, is_active=True)) if keys else []  # scope: their own
    running = _joinable(need, [unit.pk for unit in units]) if units else []
    return [
        *(Way(row.organisation, row) for row in running),
        *(Way(unit, None) for unit in units),
    ]


def _joinable(need: Need, units: list[int]) -> list[Covenant]:
    # scope: the user's own units
    rows = Covenant.objects.filter(organisation__in=units, status__in=JOINABLE, street=need.street_id)
    rows = rows.filter(community=need.community_id, end_asked_by="").select_related("organisation")
    return list(rows.order_by("-id")[:5])


def item_for(need: Need, offer: Offer | None, *, until: date) -> Item:
    """What a draft proposes for ``need``; its numbers may be changed in the talks.

    Raises ``ValidationError`` where neither side has said how much money.
    """
    quantity = need.quantity or (offer.quantity if offer else None)
    due = min(max(need.ends, _today()) if need.ends else due_from(_today()), until)
    common = {"key": new_key(), "title": need.title, "due_on": due, "need": need.number}
    common["offer"] = offer.number if offer else ""
    if need.kind == ResourceKind.FUNDS:
        if not quantity:
            raise ValidationError("需求没有写明金额，请从“开始商谈”填写后提出。", code="amount")
        return Item(kind=CommitmentKind.FUNDS, amount=quantity, **common)
    unit = need.unit or (offer.unit if offer and not need.quantity else "") or "次"
    return Item(kind=CommitmentKind.TASK, quantity=quantity or Decimal(1), unit=unit, **common)


@transaction.atomic
def take_up(
    need: Need, organisation: Organisation, *, by: Any, covenant: Covenant | None = None, offer: Offer | None = None
) -> Covenant:
    """Propose to meet ``need`` on behalf of ``organisation``: in ``covenant``, or else in a new one.

    Returns the covenant in its talks. Raises ``ActionNotPossible`` when the need is another's by now,
    ``PermissionError`` when ``by`` does not act for the unit, ``ValidationError``.
    """
    if covenant is not None:  # first, as drafts do it: who locks in one order never waits for each other
        covenant = Covenant.objects.select_for_update(of=("self",)).get(pk=covenant.pk)
    stored = Need.objects.select_for_update(of=("self",)).get(pk=need.pk)
    if not stored.is_open:
        raise ActionNotPossible(stored)
    if covenant is not None and (covenant.organisation_id, covenant.community_id, covenant.street_id) != (
        organisation.pk,
        stored.community_id,
        stored.street_id,
    ):
        raise PermissionError
    wanted = covenant or Covenant(organisation=organisation, street=stored.street, community=stored.community)
    if not is_unit(wanted, by):
        raise PermissionError
    if offer is not None and offer.organisation_id != organisation.pk:
        raise PermissionError
    begins = _today()
    if covenant is None or not covenant.revision:
        ends = max(term_from(begins), stored.ends or begins)
        terms = Terms(title_between(wanted.place, organisation), begins, ends)
    else:
        terms = terms_of(covenant)
    if stored.number in named_in(terms):
        raise ValidationError("这项需求已在协议里。")
    terms = replace(terms, items=(*terms.items, item_for(stored, offer, until=terms.ends)))
    note = f"认领需求 {stored.number} {stored.title}"
    if covenant is None:
        wanted.title = terms.title
        return begin(wanted, by=by, terms=terms, note=note)
    return WORKFLOW.apply(covenant, "amend", by=by, inputs={"terms": terms.json(), "note": note})


def _today() -> date:
    return timezone.localdate(moments.now())

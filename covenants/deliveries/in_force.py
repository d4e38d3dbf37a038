"""From a draft that both sides accepted to commitments: added, changed, called off; nothing is deleted."""

from typing import Any

from django.utils import timezone

from covenants.agreements.models import Covenant
from covenants.agreements.terms import Item, Terms
from covenants.deliveries.claims import named_in, needs_named, release, take
from covenants.deliveries.fulfilment import recompute
from covenants.deliveries.models import Commitment, Milestone
from covenants.lists.models import Need, Offer
from suzhou_portal.audit import trail
from suzhou_portal.lib.time import moments


def put_in_force(covenant: Covenant, terms: Terms, *, by: Any) -> None:
    """Let the commitments of ``covenant`` (locked) say what ``terms`` say. Confirmed deliveries stay and count on.

    A need that is promised no longer is open again.
    """
    before = set(covenant.commitments.counted().exclude(need=None).values_list("need__number", flat=True))
    known = {row.key: row for row in covenant.commitments.select_for_update(of=("self",))}
    for item in terms.items:
        row = known.pop(item.key, None)
        _put(covenant, item, row, by)
    for row in known.values():
        if not row.is_cancelled:
            _call_off(row, by)
    release(needs_named(covenant, before - named_in(terms)), covenant)


def call_off_rest(covenant: Covenant, *, by: Any) -> None:
    """When both sides end ``covenant`` early: what was not due yet is called off; what was due stays counted."""
    today = timezone.localdate(moments.now())
    rest = covenant.commitments.counted().filter(fulfilled_on=None, due_on__gte=today)
    for row in rest.select_for_update(of=("self",)):
        _call_off(row, by)


def _call_off(row: Commitment, by: Any) -> None:
    _change(row, {"is_cancelled": True}, by)


def _put(covenant: Covenant, item: Item, row: Commitment | None, by: Any) -> None:
    need = _taken(covenant, item)
    values = {
        "kind": item.kind,
        "title": item.title,
        "quantity": item.quantity,
        "unit": item.unit,
        "amount": item.amount,
        "due_on": item.due_on,
        "need": need,
        "offer": _used(covenant, item),
        "is_cancelled": False,
    }
    if row is None:
        row = Commitment(covenant=covenant, key=item.key, milestone_count=len(item.nodes), **values)
        row.full_clean()
        row.save(force_insert=True)
        trail.record("create", row, by=by, changes=trail.diff({}, trail.snapshot(row)))
    else:
        _change(row, values, by)
    _put_nodes(row, item)
    recompute(row, by=by)


def _change(row: Commitment, values: dict[str, Any], by: Any) -> None:
    before = trail.snapshot(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    changes = trail.diff(before, trail.snapshot(row))
    if changes:
        row.version += 1
        row.save()
        trail.record("update", row, by=by, changes=changes)


def _put_nodes(row: Commitment, item: Item) -> None:
    known = {node.key: node for node in row.milestones.all()}
    for index, node in enumerate(item.nodes, 1):
        stored = known.pop(node.key, None) or Milestone(commitment=row, key=node.key)
        stored.index, stored.title, stored.due_on, stored.is_cancelled = index, node.title, node.due_on, False
        stored.save()
    for stored in known.values():
        stored.is_cancelled = True
        stored.save()


def _taken(covenant: Covenant, item: Item) -> Need | None:
    """The need that ``item`` names, taken up by the covenant's unit; None when it is another's by now, or withdrawn."""
    if not item.need:
        return None
    take(needs_named(covenant, {item.need}), covenant.organisation_id)
    need = needs_named(covenant, {item.need}).first()
    return need if need is not None and need.organisation_id == covenant.organisation_id else None


def _used(covenant: Covenant, item: Item) -> Offer | None:
    """The offer of the covenant's unit that ``item`` names."""
    if not item.offer:
        return None
    return Offer.objects.filter(number=item.offer, organisation=covenant.organisation_id).first()

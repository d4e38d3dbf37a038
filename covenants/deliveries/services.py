"""Telling what was delivered."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from covenants.agreements.models import Side
from covenants.agreements.rights import side_of
from covenants.agreements.services import submitted
from covenants.agreements.telling import tell_others
from covenants.deliveries.models import Commitment, Delivery
from covenants.deliveries.workflow import delivery_event, delivery_fields, takes_deliveries
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.workflow import ActionForm
from suzhou_portal.lib.rows.records import ActionNotPossible
from suzhou_portal.lib.time import moments

name_actions({"delivery.submit": "提交履约"}, group="履约记录")


@transaction.atomic
def submit_delivery(commitment: Commitment, data: Mapping[str, Any], *, by: Any, key: Any = None) -> Delivery:
    """Store what ``data`` (raw form data) says was delivered for ``commitment``; the same ``key`` again: the first.

    Raises ``ValidationError`` with messages per field, ``ActionNotPossible`` when nothing can be delivered any
    more, ``PermissionError`` when ``by`` does not act for the unit.
    """
    row = Commitment.objects.select_for_update(of=("self",)).get(pk=commitment.pk)
    if side_of(row.covenant, by) != Side.UNIT:
        raise PermissionError
    first = submitted(Delivery, key, submitted_by=by)
    if first is not None:
        return first
    if not takes_deliveries(row):
        raise ActionNotPossible(row)
    form = ActionForm(delivery_fields(row), data)
    if not form.is_valid():
        raise ValidationError({name: list(errors) for name, errors in form.errors.items()})
    values = {name: value for name, value in form.cleaned_data.items() if name in delivery_fields(row)}
    delivery = Delivery(commitment=row, submitted_by=by, submitted_at=moments.now(), submission_key=key, **values)
    delivery.full_clean()
    delivery.save(force_insert=True)
    event = delivery_event(delivery, "submit", by, delivery.note)
    trail.record("delivery.submit", delivery, by=by, changes=trail.diff({}, trail.snapshot(delivery)))
    tell_others(row.covenant, by, f"提交履约记录：{row.title}", event.side, action=event.action)
    return delivery

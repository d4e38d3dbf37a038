"""The beginning of a covenant: from a need, an offer, an older covenant, or nothing."""

import uuid
from dataclasses import replace
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from covenants.agreements.consequences import drafted
from covenants.agreements.models import Covenant, CovenantEvent, Revision, Side, Status
from covenants.agreements.rights import side_of
from covenants.agreements.telling import tell_others
from covenants.agreements.terms import WRONG_YEAR, YEARS, Terms, new_key
from suzhou_portal.audit import trail
from suzhou_portal.lib.rows.records import ActionNotPossible
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.numbers import Series

NUMBERS = Series("GJ")
Submitted = TypeVar("Submitted", bound=Model)


def submitted(model: type[Submitted], key: uuid.UUID | None, **whose: Any) -> Submitted | None:
    """What ``whose`` (e.g. ``created_by``) has stored under the ``key`` of a form before; None for nothing.

    Raises ``ValidationError`` for a key that somebody else has used.
    """
    row = model._default_manager.filter(submission_key=key).first() if key else None  # unscoped: one's own, by its key
    if row is not None and any(getattr(row, name) != value for name, value in whose.items()):
        raise ValidationError("提交标识已被使用，请刷新页面后重新提交。")
    return row


def begin(covenant: Covenant, *, by: Any, terms: Terms | None = None, note: str = "", key: Any = None) -> Covenant:
    """Store the unsaved ``covenant`` and begin to negotiate; with ``terms`` as the first draft of the side of ``by``.

    The same submission ``key`` again gives the covenant of the first time. Raises ``ValidationError``;
    ``PermissionError`` when ``by`` acts for neither party.
    """
    first = submitted(Covenant, key, created_by=by)
    if first is not None:
        return first
    covenant.submission_key = key
    try:
        with transaction.atomic():
            return _begun(covenant, by, terms, note)
    except (ValidationError, IntegrityError):
        if first := submitted(Covenant, key, created_by=by):  # the same form, sent twice at once
            return first  # type: ignore[no-any-return]
        raise


def _begun(covenant: Covenant, by: Any, terms: Terms | None, note: str) -> Covenant:
    covenant.created_by, covenant.created_at, covenant.status = by, moments.now(), Status.NEGOTIATING
    covenant.clean()
    side = side_of(covenant, by)
    if side is None:
        raise PermissionError
    if not covenant.organisation.is_active:
        raise ValidationError("该单位已停用，不能签订协议。")
    if terms:
        terms.check()
        covenant.title, covenant.revision = terms.title, 1
        covenant.place_accepts, covenant.unit_accepts = int(side == Side.PLACE), int(side == Side.UNIT)
    covenant.number = NUMBERS.next()
    covenant.full_clean()
    covenant.save(force_insert=True)
    action = "renew" if covenant.previous_id else "begin"
    CovenantEvent.objects.create(
        covenant=covenant,
        at=covenant.created_at,
        actor=by,
        side=side,
        action=action,
        to_status=covenant.status,
        revision=covenant.revision,
        note=note,
    )
    if terms:
        Revision.objects.create(
            covenant=covenant, index=1, side=side, by=by, at=covenant.created_at, terms=terms.json(), note=note
        )
        drafted(covenant, terms)
    trail.record("covenant.begin", covenant, by=by, changes=trail.diff({}, trail.snapshot(covenant)))
    tell_others(covenant, by, "发起商谈", side, action=action)
    return covenant


@transaction.atomic
def renew(covenant: Covenant, *, by: Any, begins: Any, ends: Any) -> Covenant:
    """Begin a covenant that follows ``covenant`` (closed), with what was in force as its first draft, its dates
    moved along. Raises ``ValidationError`` where it was renewed before, or for days that no covenant has;
    ``PermissionError`` for neither party.
    """
    stored = Covenant.objects.select_for_update(of=("self",)).get(pk=covenant.pk)
    if stored.status != Status.CLOSED:
        raise ActionNotPossible(stored)
    if stored.renewal is not None:
        raise ValidationError("这份协议已经续约。")
    if begins.year not in YEARS or ends.year not in YEARS:
        raise ValidationError(WRONG_YEAR)
    old = Terms.of(stored.revisions.get(index=stored.in_force).terms)
    shift = begins - old.begins
    items = tuple(
        replace(
            item,
            key=new_key(),
            need="",
            due_on=min(item.due_on + shift, ends),
            nodes=tuple(
                replace(node, key=new_key(), due_on=min(node.due_on + shift, item.due_on + shift, ends))
                for node in item.nodes
            ),
        )
        for item in old.items
    )
    fresh = Covenant(
        title=old.title,
        organisation=stored.organisation,
        street=stored.street,
        community=stored.community,
        previous=stored,
    )
    return begin(fresh, by=by, terms=replace(old, begins=begins, ends=ends, items=items))

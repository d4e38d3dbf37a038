"""谈约 and 签约, and changes of what is in force: a draft by one side, accepted by the other."""

from typing import Any

from covenants.agreements.consequences import agreed, drafted
from covenants.agreements.inputs import OPTIONAL_NOTE, REASON, not_alone, note, signatory, signed_on, terms
from covenants.agreements.models import Covenant, Revision, Side, Status
from covenants.agreements.rights import is_party, is_place, side_of
from covenants.agreements.terms import Terms
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.rows import records

TALKING = frozenset({Status.NEGOTIATING, Status.AGREED})


def _accept(covenant: Covenant, side: Side) -> None:
    if side == Side.PLACE:
        covenant.place_accepts = covenant.revision
    else:
        covenant.unit_accepts = covenant.revision


def _amend(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> str | None:
    side = side_of(covenant, user)
    covenant.revision += 1
    _accept(covenant, side)
    if covenant.status != Status.ACTIVE:
        covenant.title = inputs["terms"].title
        return Status.NEGOTIATING
    return None


def _store_revision(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    Revision.objects.create(
        covenant=covenant,
        index=covenant.revision,
        side=event.side,
        by=user,
        at=event.at,
        terms=inputs["terms"].json(),
        note=inputs["note"],
    )
    drafted(covenant, inputs["terms"])


def _agree(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> str | None:
    not_alone(covenant.revisions.filter(index=covenant.revision), by=user)
    _accept(covenant, side_of(covenant, user))
    both = covenant.place_accepts == covenant.unit_accepts == covenant.revision
    if covenant.status == Status.ACTIVE:
        covenant.in_force = covenant.revision
        return None
    return Status.AGREED if both else Status.NEGOTIATING


def _change_in_force(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    new = terms_of(covenant)
    if covenant.status != Status.ACTIVE:
        drafted(covenant, new)
    else:
        records.update(covenant, {"title": new.title, "begins": new.begins, "ends": new.ends}, by=user)
        agreed(covenant, new, by=user)


def terms_of(covenant: Covenant, index: int = 0) -> Terms:
    """The terms of draft ``index`` of ``covenant``, or of its newest."""
    row = covenant.revisions.get(index=index or covenant.revision)
    return Terms.of(row.terms)


def _waits_for(covenant: Covenant, user: Any) -> bool:
    """A draft waits for the answer of the side that ``user`` acts for."""
    side = side_of(covenant, user)
    return side is not None and covenant.accepts(side) < covenant.revision


def _sign(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    signed = terms_of(covenant)
    covenant.signed_on = inputs["signed_on"]
    covenant.place_signatory, covenant.unit_signatory = inputs["place_signatory"], inputs["unit_signatory"]
    covenant.title, covenant.begins, covenant.ends = signed.title, signed.begins, signed.ends
    covenant.in_force = covenant.revision


def _begin(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    agreed(covenant, terms_of(covenant), by=user)


def _take_back(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    """What is in force becomes the newest draft again: the numbers of drafts only ever grow."""
    covenant.restored = covenant.in_force
    covenant.revision += 1
    covenant.place_accepts = covenant.unit_accepts = covenant.in_force = covenant.revision


def _restore(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    stored = covenant.revisions.get(index=covenant.restored)
    Revision.objects.create(
        covenant=covenant,
        index=covenant.revision,
        side=event.side,
        by=user,
        at=event.at,
        terms=stored.terms,
        note=inputs["note"],
    )
    drafted(covenant, Terms.of(stored.terms))


TRANSITIONS = (
    Transition(
        action="accept",
        label="同意这一稿",
        source=frozenset({Status.NEGOTIATING, Status.ACTIVE}),
        target=None,
        allowed=_waits_for,
        ready=lambda covenant: covenant.revision > covenant.in_force,
        inputs=OPTIONAL_NOTE,
        change=_agree,
        effect=_change_in_force,
        sentence="同意第 {revision} 稿",
        primary=True,
        binding=True,
    ),
    Transition(
        action="amend",
        label="提出修改稿",
        source=TALKING | {Status.ACTIVE},
        target=None,
        allowed=is_party,
        inputs={"terms": terms, "note": note("说明", required=False)},
        change=_amend,
        effect=_store_revision,
        sentence="提出第 {revision} 稿",
    ),
    Transition(
        action="sign",
        label="登记签约",
        source=frozenset({Status.AGREED}),
        target=Status.ACTIVE,
        allowed=is_place,
        inputs={
            "signed_on": signed_on,
            "place_signatory": signatory("社区（街道）签约人"),
            "unit_signatory": signatory("单位签约人"),
        },
        change=_sign,
        effect=_begin,
        sentence="双方签约",
        primary=True,
        hint="按双方都同意的这一稿全文生效，约定事项即开始计期。",
    ),
    Transition(
        action="refuse_change",
        label="不作变更",
        source=frozenset({Status.ACTIVE}),
        target=None,
        allowed=is_party,
        ready=lambda covenant: covenant.change_pending,
        inputs=REASON,
        change=_take_back,
        effect=_restore,
        sentence="变更未达成一致，仍按生效稿执行",
        folded=True,
    ),
    Transition(
        action="drop",
        label="不再商谈",
        source=TALKING,
        target=Status.DROPPED,
        allowed=is_party,
        inputs=REASON,
        effect=lambda covenant, user, inputs, event: drafted(covenant, None),
        sentence="商谈终止，未签约",
        folded=True,
        grave=True,
    ),
)

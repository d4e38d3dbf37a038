"""履约记录: the unit submits, the receiving side confirms or returns."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from covenants.models import Commitment, CommitmentKind, CovenantEvent, Delivery
from covenants.models.covenants import Status as CovenantStatus
from covenants.rights import is_place, is_unit, side_of
from covenants.services.fulfilment import recompute
from covenants.workflow.inputs import REASON, note
from covenants.workflow.telling import tell_others
from suzhou_portal.lib import moments
from suzhou_portal.lib.workflow import Transition, Workflow

Status = Delivery.Status
# While the covenant runs, and while it is being evaluated: what was done may still be put on record.
RUNNING = frozenset({CovenantStatus.ACTIVE, CovenantStatus.EVALUATING})


def takes_deliveries(commitment: Commitment) -> bool:
    """Something may be delivered for ``commitment``."""
    return commitment.covenant.status in RUNNING and not commitment.is_cancelled


def delivery_fields(commitment: Commitment, *, own: Delivery | None = None) -> dict[str, forms.Field]:
    """What a delivery for ``commitment`` tells, by its kind; ``own``: the one that is being corrected."""
    fields: dict[str, forms.Field] = {
        "on": forms.DateField(
            label="履约日期",
            initial=timezone.localdate,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            validators=[_not_later],
            error_messages={"required": "请填写履约日期。", "invalid": "请按 2026-11-22 的样子填写日期。"},
        )
    }
    if commitment.kind == CommitmentKind.FUNDS:
        fields["amount"] = _number("金额（元）", "请填写金额。", 14)
    elif commitment.kind == CommitmentKind.PROJECT:
        fields["milestone"] = forms.ModelChoiceField(
            label="完成的节点",
            queryset=_open_milestones(commitment, own),
            required=bool(commitment.milestone_count),
            error_messages={"required": "请选择完成的节点。", "invalid_choice": "没有这个节点，或已有履约记录。"},
        )
    else:
        label = f"数量（{commitment.unit}）" if commitment.unit else "数量"
        fields["quantity"] = _number(label, "请填写数量。", 12)
    fields["note"] = forms.CharField(
        label="办了什么",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明办了什么。"},
    )
    return fields


def _not_later(value: Any) -> None:
    if value > timezone.localdate(moments.now()):
        raise ValidationError("履约日期不能晚于今天。")


def _number(label: str, required: str, digits: int) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=Decimal("0.01"),
        max_digits=digits,
        decimal_places=2,
        error_messages={"required": required, "invalid": "请填写数字。"},
    )


def _open_milestones(commitment: Commitment, own: Delivery | None) -> Any:
    taken = Delivery.objects.filter(commitment=commitment, status__in=[Status.SUBMITTED, Status.CONFIRMED])
    if own is not None:
        taken = taken.exclude(pk=own.pk)
    keys = taken.exclude(milestone=None).values("milestone")
    return commitment.milestones.filter(is_cancelled=False).exclude(pk__in=keys)


def _correction(name: str) -> Any:
    """A factory of a field of the corrected delivery; kinds that do not have it get a field that takes nothing."""

    def factory(delivery: Delivery, user: Any) -> forms.Field:
        fields = delivery_fields(delivery.commitment, own=delivery)
        field = fields.get(name)
        if field is None:
            return forms.CharField(required=False, widget=forms.HiddenInput, max_length=0)
        field.initial = getattr(delivery, f"{name}_id", getattr(delivery, name))
        return field

    return factory


def _correct(delivery: Delivery, user: Any, inputs: dict[str, Any]) -> None:
    for name in ("on", "note", "quantity", "amount", "milestone"):
        setattr(delivery, name, inputs[name] or None)
    delivery.submitted_at, delivery.submitted_by = moments.now(), user


def _decide(delivery: Delivery, user: Any, inputs: dict[str, Any]) -> None:
    delivery.decided_at, delivery.decided_by = moments.now(), user
    delivery.opinion = inputs.get("note", "")


def _runs(delivery: Delivery) -> bool:
    return delivery.commitment.covenant.status in RUNNING


class DeliveryWorkflow(Workflow):
    """The table over :class:`~covenants.models.Delivery`; its steps stand in the timeline of the covenant."""

    model = Delivery
    transitions = (
        Transition(
            action="confirm",
            label="确认履约",
            source=frozenset({Status.SUBMITTED}),
            target=Status.CONFIRMED,
            allowed=lambda delivery, user: is_place(delivery.commitment.covenant, user),
            ready=_runs,
            inputs={"note": note("意见", required=False)},
            change=_decide,
            sentence="确认履约",
            primary=True,
        ),
        Transition(
            action="return",
            label="退回",
            source=frozenset({Status.SUBMITTED}),
            target=Status.RETURNED,
            allowed=lambda delivery, user: is_place(delivery.commitment.covenant, user),
            ready=_runs,
            inputs=REASON,
            change=_decide,
            sentence="退回履约记录",
        ),
        Transition(
            action="resubmit",
            label="改正后重新提交",
            source=frozenset({Status.RETURNED}),
            target=Status.SUBMITTED,
            allowed=lambda delivery, user: is_unit(delivery.commitment.covenant, user),
            ready=_runs,
            inputs={name: _correction(name) for name in ("on", "quantity", "amount", "milestone", "note")},
            change=_correct,
            sentence="重新提交履约记录",
            primary=True,
        ),
        Transition(
            action="withdraw",
            label="撤回",
            source=frozenset({Status.SUBMITTED, Status.RETURNED}),
            target=Status.WITHDRAWN,
            allowed=lambda delivery, user: is_unit(delivery.commitment.covenant, user),
            ready=_runs,
            sentence="撤回履约记录",
            folded=True,
        ),
        Transition(
            action="unconfirm",
            label="撤销确认",
            source=frozenset({Status.CONFIRMED}),
            target=Status.RETURNED,
            allowed=lambda delivery, user: is_place(delivery.commitment.covenant, user),
            ready=_runs,
            inputs=REASON,
            change=_decide,
            sentence="撤销确认，退回履约记录",
            folded=True,
            grave=True,
        ),
    )

    def locked(self, obj: Delivery) -> Delivery:
        """The row, locked; its commitment first, as by whoever submits."""
        Commitment.objects.select_for_update(of=("self",)).get(pk=obj.commitment_id)
        locked: Delivery = super().locked(obj)
        return locked

    def record_event(
        self, obj: Delivery, transition: Transition, by: Any, before: dict[str, Any], inputs: dict[str, Any]
    ) -> CovenantEvent:
        """One step of the covenant's timeline."""
        return delivery_event(obj, transition.action, by, inputs.get("note", ""))

    def after(self, obj: Delivery, transition: Transition, by: Any, event: CovenantEvent, observed: Any) -> None:
        """The commitment follows; the other party is told."""
        commitment = Commitment.objects.select_for_update(of=("self",)).get(pk=obj.commitment_id)
        recompute(commitment, by=by)
        tell_others(commitment.covenant, by, f"{transition.sentence}：{commitment.title}", event.side)


def delivery_event(delivery: Delivery, action: str, by: Any, words: str) -> CovenantEvent:
    """Write the step ``action`` of ``delivery`` into the timeline of its covenant."""
    covenant = delivery.commitment.covenant
    return CovenantEvent.objects.create(
        covenant=covenant,
        actor=by,
        side=side_of(covenant, by) or "",
        action=f"delivery_{action}",
        from_status=covenant.status,
        to_status=covenant.status,
        revision=covenant.revision,
        note="，".join(filter(None, [delivery.commitment.title, words])),
    )


DELIVERIES = DeliveryWorkflow()
SENTENCES = {
    "delivery_submit": "提交履约记录",
    **{f"delivery_{row.action}": row.sentence for row in DeliveryWorkflow.transitions},
}

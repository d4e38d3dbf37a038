"""履约记录: the unit submits, the receiving side confirms or returns."""

from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.utils import timezone

from covenants.agreements.inputs import REASON, note
from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import RUNNING, Covenant, CovenantEvent, Side
from covenants.agreements.rights import is_place, is_unit, side_of
from covenants.agreements.telling import NEXT, tell_others, tell_side
from covenants.agreements.terms import LARGEST
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.fulfilment import recompute
from covenants.deliveries.models import Commitment, Delivery, Milestone
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.time import moments
from suzhou_portal.lib.time.moments import day_start
from suzhou_portal.notices.models import Kind

Status = Delivery.Status
PRESS = "press"


def takes_deliveries(commitment: Commitment) -> bool:
    """Something may be delivered for ``commitment``."""
    return commitment.covenant.status in RUNNING and not commitment.is_cancelled


def delivery_fields(commitment: Commitment, *, own: Delivery | None = None) -> dict[str, forms.Field]:
    """What a delivery for ``commitment`` tells, by its kind; ``own``: the one that is being corrected."""
    fields: dict[str, forms.Field] = {
        "on": forms.DateField(
            label="履约日期",
            initial=timezone.localdate,
            widget=DayInput(),
            validators=[_not_later, partial(_in_term, commitment)],
            error_messages={"required": "请填写履约日期。", "invalid": "请按 2026-11-22 的样子填写日期。"},
        )
    }
    if commitment.kind == CommitmentKind.FUNDS:
        fields["amount"] = _number("金额（元）", "请填写金额。", partial(_fits, commitment, own, "amount"))
    elif commitment.kind == CommitmentKind.PROJECT:
        fields["milestone"] = forms.ModelChoiceField(
            label="完成的节点",
            queryset=_open_milestones(commitment, own),
            required=bool(commitment.milestone_count),
            error_messages={"required": "请选择完成的节点。", "invalid_choice": "没有这个节点，或已有履约记录。"},
        )
    else:
        label = f"数量（{commitment.unit}）" if commitment.unit else "数量"
        fields["quantity"] = _number(label, "请填写数量。", partial(_fits, commitment, own, "quantity"))
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


def _in_term(commitment: Commitment, value: Any) -> None:
    covenant = commitment.covenant
    if value < min(covenant.begins, covenant.signed_on):
        raise ValidationError("履约日期不能早于协议起、签约日期。")


def _fits(commitment: Commitment, own: Delivery | None, name: str, value: Decimal) -> None:
    """The sum of what was delivered stays within what the portal counts to. One query."""
    others = _living(commitment, own).aggregate(sum=Sum(name))["sum"] or Decimal(0)
    if others + value > LARGEST:
        raise ValidationError("连同已有的履约记录，数额太大。")


def _number(label: str, required: str, fits: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=Decimal("0.01"),
        max_value=LARGEST,
        decimal_places=2,
        validators=[fits],
        error_messages={"required": required, "invalid": "请填写数字。", "max_value": "数额太大。"},
    )


def _living(commitment: Commitment, own: Delivery | None) -> QuerySet[Delivery]:
    """The deliveries for ``commitment`` that count or may come to, but ``own``."""
    rows = Delivery.objects.filter(commitment=commitment.pk, status__in=[Status.SUBMITTED, Status.CONFIRMED])
    return rows.exclude(pk=own.pk) if own is not None else rows


def _open_milestones(commitment: Commitment, own: Delivery | None) -> Any:
    keys = _living(commitment, own).exclude(milestone=None).values("milestone")
    return Milestone.objects.filter(commitment=commitment.pk, is_cancelled=False).exclude(pk__in=keys)


KIND_WITH = {"amount": CommitmentKind.FUNDS, "milestone": CommitmentKind.PROJECT}


def _correction(name: str) -> Any:
    """A factory of a field of the corrected delivery; kinds that do not have it get a field that takes nothing."""

    def factory(delivery: Delivery, user: Any) -> forms.Field:
        blank = delivery.commitment_id is None  # asked for what such a field is, of no row
        commitment = Commitment(kind=KIND_WITH.get(name, "")) if blank else delivery.commitment
        fields = delivery_fields(commitment, own=None if blank else delivery)
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


def _may_confirm(delivery: Delivery, user: Any) -> bool:
    """The place; but nobody their own, whoever they act for by now."""
    return delivery.submitted_by_id != user.pk and is_place(delivery.commitment.covenant, user)


class DeliveryWorkflow(Workflow):
    """The table over :class:`~covenants.models.Delivery`; its steps stand in the timeline of the covenant."""

    model = Delivery
    transitions = (
        Transition(
            action="confirm",
            label="确认履约",
            source=frozenset({Status.SUBMITTED}),
            target=Status.CONFIRMED,
            allowed=_may_confirm,
            ready=_runs,
            inputs={"note": note("意见", required=False)},
            change=_decide,
            sentence="确认履约",
            primary=True,
            binding=True,
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
        tell_others(
            commitment.covenant, by, f"{transition.sentence}：{commitment.title}", event.side, action=event.action
        )


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


# --- whoever waits may press ------------------------------------------------------------------


def _overdue(covenant: Covenant) -> QuerySet[Commitment]:
    today = timezone.localdate(moments.now())
    rows = Commitment.objects.counted().filter(covenant=covenant.pk, fulfilled_on=None, due_on__lt=today)
    return rows.order_by("due_on", "pk")


def _may_not_press(covenant: Covenant) -> str:
    """Only what is overdue is pressed for, and not twice a day."""
    if not _overdue(covenant).exists():
        return "没有超期未履约的约定事项。"
    pressed = CovenantEvent.objects.filter(covenant=covenant.pk, action=PRESS)
    return "今日已催办。" if pressed.filter(at__gte=day_start(timezone.localdate(moments.now()))).exists() else ""


def _pressed(covenant: Covenant, user: Any, inputs: dict[str, Any], event: CovenantEvent) -> None:
    rows = list(_overdue(covenant))
    words = f"催办：{len(rows)} 项约定事项超期未履约，最早 {rows[0].due_on:%m-%d} 到期"
    tell_side(
        covenant,
        Side.UNIT,
        words,
        by=user,
        then=NEXT[PRESS],
        kind=Kind.SUPERVISION,
        gathered="催办超期未履约的约定事项",
    )


WORKFLOW.extend(
    Transition(
        action=PRESS,
        label="催办",
        source=RUNNING,
        target=None,
        allowed=is_place,
        hindered=_may_not_press,
        inputs={"note": note("要求", required=False)},
        effect=_pressed,
        sentence="催办超期未履约的约定事项",
        quiet=True,
        aside=True,
        hint="通知单位超期未履约的约定事项；单位没有经办账号的，请另行联系。",
    )
)
DELIVERIES = DeliveryWorkflow()
WORKFLOW.other_sentences |= {
    "delivery_submit": "提交履约记录",
    **{f"delivery_{row.action}": row.sentence for row in DeliveryWorkflow.transitions},
}

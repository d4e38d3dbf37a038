"""How commitments look in the OpenAPI document. Answers are made by ``covenants.deliveries.answers``."""

from typing import Any

from rest_framework import serializers

from covenants.agreements.kinds import CommitmentKind
from covenants.deliveries.answers import delivery_answer
from covenants.deliveries.models import Delivery
from suzhou_portal.lib.cases.schema import ActionSerializer


class DeliverySerializer(serializers.Serializer):
    """A delivery."""

    id = serializers.IntegerField()
    commitment = serializers.IntegerField()
    status = serializers.ChoiceField(Delivery.Status.choices)
    on = serializers.DateField()
    quantity = serializers.CharField(allow_null=True)
    amount = serializers.CharField(allow_null=True)
    milestone = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()
    opinion = serializers.CharField(allow_blank=True)
    submitted_by = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    available_actions = serializers.ListField(child=serializers.CharField(), help_text="操作名；输入项见详情")

    def to_representation(self, instance: Delivery) -> dict[str, Any]:
        """As :func:`delivery_answer` makes it, without the actions."""
        return delivery_answer(instance)


class DeliveryDetailSerializer(DeliverySerializer):
    """One delivery, with what its reader may do."""

    available_actions = ActionSerializer(many=True)  # type: ignore[assignment]


class MilestoneSerializer(serializers.Serializer):
    """A milestone of a commitment."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    due_on = serializers.DateField()
    state = serializers.CharField()


class CovenantCommitmentSerializer(serializers.Serializer):
    """A commitment of a signed covenant."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(CommitmentKind.choices)
    title = serializers.CharField()
    quantity = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(allow_null=True, help_text="元")
    due_on = serializers.DateField()
    need = serializers.CharField(allow_null=True, help_text="需求编号")
    done_quantity = serializers.CharField()
    done_amount = serializers.CharField()
    fulfilled_on = serializers.DateField(allow_null=True)
    is_cancelled = serializers.BooleanField()
    state = serializers.ChoiceField(["done", "cancelled", "normal", "soon", "overdue"])
    milestones = MilestoneSerializer(many=True)
    deliveries = DeliveryDetailSerializer(many=True)


class SatisfactionSerializer(serializers.Serializer):
    """What residents say of the issues that the covenant solved."""

    solved = serializers.IntegerField(help_text="办成的网格事件")
    visited = serializers.IntegerField(help_text="其中回访到反映人的")
    satisfied = serializers.IntegerField(help_text="其中满意或基本满意的")
    definition = serializers.CharField()


class DeliverSerializer(serializers.Serializer):
    """What was delivered: of a task its quantity, of funds the amount, of a project the milestone."""

    version = serializers.IntegerField(required=False, min_value=1)
    on = serializers.DateField(required=False)
    quantity = serializers.CharField(required=False)
    amount = serializers.CharField(required=False)
    milestone = serializers.IntegerField(required=False)
    note = serializers.CharField(required=False, max_length=1000)
    not_personal = serializers.BooleanField(required=False)

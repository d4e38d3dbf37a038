"""How covenants look in the OpenAPI document. Answers are made by ``covenants.page.answers``, not by these."""

from datetime import date
from typing import Any

from rest_framework import serializers

from covenants.agreements.models import Covenant, Side, Status
from covenants.agreements.schema import DraftSerializer
from covenants.deliveries.schema import CovenantCommitmentSerializer, SatisfactionSerializer
from covenants.page.answers import covenant_answer
from suzhou_portal.lib.api.answers import StrictSerializerMixin
from suzhou_portal.lib.cases.schema import ActionSerializer


class CovenantEvaluationSerializer(serializers.Serializer):
    """An evaluation that the reader may read."""

    side = serializers.ChoiceField(Side.choices)
    scores = serializers.ListField(child=serializers.IntegerField())
    total = serializers.IntegerField()
    comment = serializers.CharField(allow_blank=True)


class CovenantEventSerializer(serializers.Serializer):
    """A step of the timeline."""

    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True)
    side = serializers.ChoiceField(Side.choices, allow_null=True)
    action = serializers.CharField()
    to = serializers.ChoiceField(Status.choices)
    note = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python and cannot be an attribute."""
        return {**super().get_fields(), "from": serializers.ChoiceField(Status.choices, allow_null=True)}


class CovenantSerializer(serializers.Serializer):
    """A covenant as lists answer it."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    title = serializers.CharField()
    organisation = serializers.CharField(help_text="单位编码")
    organisation_name = serializers.CharField()
    street = serializers.CharField(help_text="街道编码")
    community = serializers.CharField(allow_null=True, help_text="社区编码；与街道签约的为 null")
    place_name = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    begins = serializers.DateField(allow_null=True)
    ends = serializers.DateField(allow_null=True)
    signed_on = serializers.DateField(allow_null=True)
    revision = serializers.IntegerField(help_text="最新稿次")
    place_accepts = serializers.IntegerField()
    unit_accepts = serializers.IntegerField()
    in_force = serializers.IntegerField(help_text="生效稿次，0 为未签约")
    evaluate_until = serializers.DateField(allow_null=True)
    result = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    previous = serializers.CharField(allow_null=True, help_text="续约自")
    version = serializers.IntegerField()
    available_actions = serializers.ListField(child=serializers.CharField(), help_text="操作名；输入项见详情")

    def to_representation(self, instance: Covenant) -> dict[str, Any]:
        """As :func:`covenant_answer` makes it, without the actions."""
        return covenant_answer(instance)


class CovenantDetailSerializer(CovenantSerializer):
    """One covenant with all that belongs to it."""

    available_actions = ActionSerializer(many=True)  # type: ignore[assignment]
    drafts = DraftSerializer(many=True)
    commitments = CovenantCommitmentSerializer(many=True)
    evaluated = serializers.ListField(child=serializers.ChoiceField(Side.choices), help_text="已提交评约的一方")
    evaluations = CovenantEvaluationSerializer(many=True, help_text="双方都提交或到期以前，只有本方的")
    satisfaction = SatisfactionSerializer()
    events = CovenantEventSerializer(many=True)


class BeginSerializer(StrictSerializerMixin, serializers.Serializer):
    """A new covenant: the parties by code, and the first draft."""

    place = serializers.CharField(max_length=12, help_text="社区或街道的编码")
    organisation = serializers.CharField(max_length=30, help_text="单位编码")
    terms = serializers.DictField(help_text="第一稿，见 drafts 的 terms")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    not_personal = serializers.BooleanField(required=False, default=False)


class RenewSerializer(StrictSerializerMixin, serializers.Serializer):
    """The new term."""

    begins = serializers.DateField()
    ends = serializers.DateField()

    def validate(self, attrs: dict[str, date]) -> dict[str, date]:
        """The days in order."""
        if attrs["ends"] < attrs["begins"]:
            raise serializers.ValidationError({"ends": ["截止日期不能早于起始日期。"]})
        return attrs

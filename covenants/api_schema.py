"""How covenants look in the OpenAPI document. Answers are made by ``covenants.api_covenants``, not by these."""

from datetime import date

from rest_framework import serializers

from covenants.models import CommitmentKind, Delivery, Side
from covenants.models.covenants import Status
from grids.page.schema import ActionSerializer
from suzhou_portal.lib.api.answers import StrictSerializerMixin


class NodeSerializer(serializers.Serializer):
    """A milestone of an item."""

    key = serializers.CharField(required=False, help_text="修改时照原样带回，对方据此看到改了什么")
    title = serializers.CharField()
    due_on = serializers.DateField()


class ItemSerializer(serializers.Serializer):
    """An item of a draft."""

    key = serializers.CharField(required=False, help_text="修改时照原样带回，对方据此看到改了什么")
    kind = serializers.ChoiceField(CommitmentKind.choices)
    title = serializers.CharField()
    due_on = serializers.DateField()
    quantity = serializers.CharField(required=False, allow_null=True, help_text="实事必填，至多两位小数")
    unit = serializers.CharField(required=False, allow_blank=True)
    amount = serializers.CharField(required=False, allow_null=True, help_text="资金必填，元，至多两位小数")
    need = serializers.CharField(required=False, allow_blank=True, help_text="需求编号")
    offer = serializers.CharField(required=False, allow_blank=True, help_text="所用资源的编号")
    nodes = NodeSerializer(many=True, required=False, help_text="服务项目至少一个")


class TermsSerializer(serializers.Serializer):
    """All that is agreed on."""

    title = serializers.CharField()
    begins = serializers.DateField()
    ends = serializers.DateField()
    purpose = serializers.CharField(required=False, allow_blank=True)
    items = ItemSerializer(many=True)


class EditSerializer(serializers.Serializer):
    """A field that a draft changes."""

    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """``label`` is an attribute of every field, serializers too."""
        return {"label": serializers.CharField(), **super().get_fields()}


class ChangedItemSerializer(serializers.Serializer):
    """What a draft does with an item."""

    key = serializers.CharField()
    mark = serializers.ChoiceField(["", "added", "changed", "removed"])
    edits = EditSerializer(many=True)


class DraftSerializer(serializers.Serializer):
    """A draft with what it changes of the one before it."""

    index = serializers.IntegerField()
    side = serializers.ChoiceField(Side.choices)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    note = serializers.CharField(allow_blank=True)
    terms = TermsSerializer()
    edits = EditSerializer(many=True)
    items = ChangedItemSerializer(many=True)


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
    available_actions = ActionSerializer(many=True)


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
    deliveries = DeliverySerializer(many=True)


class CovenantEvaluationSerializer(serializers.Serializer):
    """An evaluation that the reader may read."""

    side = serializers.ChoiceField(Side.choices)
    scores = serializers.ListField(child=serializers.IntegerField())
    total = serializers.IntegerField()
    comment = serializers.CharField(allow_blank=True)


class SatisfactionSerializer(serializers.Serializer):
    """What residents say of the issues that the covenant solved."""

    solved = serializers.IntegerField(help_text="办成的网格事件")
    visited = serializers.IntegerField(help_text="其中回访到反映人的")
    satisfied = serializers.IntegerField(help_text="其中满意或基本满意的")
    definition = serializers.CharField()


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
    available_actions = ActionSerializer(many=True)


class CovenantDetailSerializer(CovenantSerializer):
    """One covenant with all that belongs to it."""

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


class CovenantActionSerializer(serializers.Serializer):
    """``version`` as last read, and the inputs of the action by name."""

    version = serializers.IntegerField(required=False, min_value=1, help_text="accept 必填：同意的是所读的那一稿")
    note = serializers.CharField(required=False, max_length=500, allow_blank=True)
    terms = TermsSerializer(required=False)
    signed_on = serializers.DateField(required=False)
    place_signatory = serializers.CharField(required=False, max_length=40)
    unit_signatory = serializers.CharField(required=False, max_length=40)
    scores = serializers.ListField(child=serializers.IntegerField(), required=False)
    comment = serializers.CharField(required=False, max_length=500, allow_blank=True)
    not_personal = serializers.BooleanField(required=False)


class DeliverSerializer(serializers.Serializer):
    """What was delivered: of a task its quantity, of funds the amount, of a project the milestone."""

    version = serializers.IntegerField(required=False, min_value=1)
    on = serializers.DateField(required=False)
    quantity = serializers.CharField(required=False)
    amount = serializers.CharField(required=False)
    milestone = serializers.IntegerField(required=False)
    note = serializers.CharField(required=False, max_length=1000)
    not_personal = serializers.BooleanField(required=False)

"""How drafts look in the OpenAPI document. Answers are made by ``covenants.page.answers``, not by these."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Side


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


def action_name(workflow: Any) -> OpenApiParameter:
    """The parameter that names a step."""
    names = [name for name, step in workflow.by_action.items() if not step.automatic]
    return OpenApiParameter("action", str, OpenApiParameter.PATH, enum=names, description="取自 available_actions")

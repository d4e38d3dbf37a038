"""REST of 调处化解: the register, with talks, story, issues and actions."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.mediation.models import Mediation, MediatorRole, Route
from grids.mediation.related import issues_of
from grids.mediation.workflow import MEDIATING, sentence_of
from suzhou_portal.lib.cases.rest import ActionsMixin
from suzhou_portal.lib.registers.rest import EditableRegisterViewSet

ACTION_NAME = OpenApiParameter(
    "action", str, OpenApiParameter.PATH, enum=list(MEDIATING.by_action), description="取自 available_actions"
)


class MediationActionSerializer(serializers.Serializer):
    """``version`` as last read, and the inputs of the action by name."""

    version = serializers.IntegerField(required=False, min_value=1)
    note = serializers.CharField(required=False, max_length=500, allow_blank=True)
    held_on = serializers.DateField(required=False, help_text="记录调解：日期")
    said = serializers.CharField(required=False, max_length=1000, help_text="记录调解：要点")
    next_step = serializers.CharField(required=False, max_length=200, allow_blank=True)
    roles = serializers.ListField(child=serializers.ChoiceField(MediatorRole.choices), required=False)
    leaders = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="网格长任职的 id")
    organisation = serializers.CharField(required=False, help_text="单位编码")
    agreement = serializers.BooleanField(required=False, help_text="调解成功：有书面协议")
    kept = serializers.BooleanField(required=False, help_text="回访：协议已履行")
    route = serializers.ChoiceField(Route.choices, required=False)
    issue = serializers.CharField(required=False, help_text="关联事件：编号")
    category = serializers.CharField(required=False, help_text="转为网格事件：分类编码")
    description = serializers.CharField(required=False, max_length=1000)
    not_personal = serializers.BooleanField(required=False)


@extend_schema_view(
    act=extend_schema(
        operation_id="mediations_act", parameters=[ACTION_NAME], request=MediationActionSerializer, summary="办理调处"
    )
)
class MediationViewSet(ActionsMixin, EditableRegisterViewSet):
    """Disputes: list, one by number, register, correct, act. Rows carry ``available_actions``; one row also
    ``events``, ``sessions`` and ``issues``.
    """

    workflow = MEDIATING

    def list(self, request: Request) -> Response:
        """One page, the actions without their choices."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = self.get_serializer(page, many=True).data
        for row, answer in zip(page, rows, strict=True):
            answer["available_actions"] = self.brief_actions(row)
        return self.get_paginated_response(rows)

    def represent(self, row: Mediation) -> dict[str, Any]:
        """One row, with all that belongs to it."""
        answer = dict(super().represent(self.fresh(row)))
        answer["available_actions"] = self.available_actions(row)
        answer["mediators"] = [str(m) for m in row.mediators.filter(session=None).select_related("post")]
        answer["sessions"] = [
            {
                "held_on": talk.held_on,
                "said": talk.said,
                "next_step": talk.next_step,
                "mediators": list(dict.fromkeys(map(str, talk.mediators.all()))),
            }
            for talk in row.sessions.prefetch_related("mediators__post", "mediators__organisation")
        ]
        answer["events"] = [
            {
                "at": timezone.localtime(event.at),
                "actor": str(event.actor) if event.actor else None,
                "action": event.action,
                "from": event.from_status or None,
                "to": event.to_status,
                "note": event.note,
                "sentence": sentence_of(event),
            }
            for event in row.events.select_related("actor")
        ]
        answer["issues"] = [
            {"number": link.issue.number, "how": link.how} for link in issues_of(row, self.request.user)
        ]
        return answer

    def get_editable(self) -> Any:
        """See the base; ended ones are only reopened."""
        row = self.get_object()
        if not self.register.may_change(self.request.user, row):
            raise PermissionDenied
        return row

"""How issues and places look in the OpenAPI document. Answers are made by ``grids.page.api``, not by these."""

from rest_framework import serializers

from grids.categories.models import Level, LimitUnit
from grids.clock.models import ClockRequest
from grids.issues.columns import RequestKind, Satisfaction
from grids.issues.models import Division, Holder, Light, Severity, Source, Status
from suzhou_portal.lib.cases.schema import ActionSerializer


class EventSerializer(serializers.Serializer):
    """A step of the timeline."""

    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    to = serializers.ChoiceField(Status.choices)
    organisation = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    issue = serializers.CharField(help_text="本件、分办件或重复件的编号")
    rule = serializers.CharField(allow_null=True, help_text="依据的路由规则；由人选定的为空")

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python and cannot be an attribute."""
        return {**super().get_fields(), "from": serializers.ChoiceField(Status.choices, allow_null=True)}


class VisitSerializer(serializers.Serializer):
    """What is known of asking the reporter."""

    wanted_until = serializers.DateTimeField(allow_null=True, help_text="待回访的，回访期限")
    attempts = serializers.IntegerField(help_text="办结后未联系上的次数")
    at = serializers.DateTimeField(allow_null=True, help_text="最近一次回访到的时间；以下为这次的回答")
    responded = serializers.BooleanField(allow_null=True, help_text="办理中有人响应")
    resolved = serializers.BooleanField(allow_null=True, help_text="已解决")
    satisfaction = serializers.ChoiceField(Satisfaction.choices, allow_null=True)


class HighlightSerializer(serializers.Serializer):
    """A piece of an issue's text in which words of the search stand."""

    text = serializers.CharField(help_text="纯文本，至多约 60 字")
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[起，止），按字符（Unicode 码点）计，从 0 起",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """``in`` is a word of Python and cannot be an attribute."""
        return {"in": serializers.ChoiceField(["description", "address", "note"]), **super().get_fields()}


class IssueSerializer(serializers.Serializer):
    """An issue as it is answered. For the document only: answers are made by :func:`answers`."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    street = serializers.CharField(help_text="街道编码")
    community = serializers.CharField(allow_null=True, help_text="社区编码")
    grid = serializers.CharField(allow_null=True, help_text="网格编码")
    place_name = serializers.CharField()
    category = serializers.CharField(help_text="分类编码")
    category_name = serializers.CharField()
    description = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    severity = serializers.ChoiceField(Severity.choices)
    source = serializers.ChoiceField(Source.choices)
    level = serializers.ChoiceField(Level.choices)
    status = serializers.ChoiceField(Status.choices)
    light = serializers.ChoiceField(Light.choices, allow_null=True, help_text="已作废、已合并的为 null")
    holder = serializers.ChoiceField([choice for choice in Holder.choices if choice[0]], allow_null=True)
    organisation = serializers.CharField(allow_null=True, help_text="承办单位编码")
    organisation_name = serializers.CharField(allow_null=True)
    due_at = serializers.DateTimeField()
    step_due_at = serializers.DateTimeField(allow_null=True, help_text="本环节的时限，不晚于办理期限")
    suspended_until = serializers.DateTimeField(allow_null=True, help_text="挂账至何时；挂账期间停止计时")
    pending_request = serializers.ChoiceField(RequestKind.choices, allow_null=True, help_text="待审批的延期或挂账申请")
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    parent = serializers.CharField(allow_null=True, help_text="总件编号，仅分办件有")
    division = serializers.ChoiceField(
        [choice for choice in Division.choices if choice[0]], allow_null=True, help_text="分办方式"
    )
    supervised_level = serializers.ChoiceField(Level.choices, allow_null=True, help_text="有督办单待回复时，发单的层级")
    visit = VisitSerializer(allow_null=True, help_text="回访；不须回访、未曾回访的为 null")
    available_actions = serializers.ListField(child=serializers.CharField(), help_text="操作名；输入项见详情")
    highlight = HighlightSerializer(
        many=True, required=False, help_text="仅列表带 q 时有：搜索词所在的文字；词只在编号、地点、分类中的为空"
    )


class ClockRequestAnswerSerializer(serializers.Serializer):
    """A request to put the clock off or to stop it."""

    kind = serializers.ChoiceField(RequestKind.choices)
    amount = serializers.IntegerField(allow_null=True, help_text="延长多少，仅延期有")
    unit = serializers.ChoiceField(LimitUnit.choices, allow_null=True)
    until = serializers.DateField(allow_null=True, help_text="恢复办理日期，仅挂账有")
    reason = serializers.CharField()
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    level = serializers.ChoiceField(Level.choices, help_text="由哪一级审批")
    decision = serializers.ChoiceField(
        [choice for choice in ClockRequest.Decision.choices if choice[0]], allow_null=True, help_text="null 为待审批"
    )
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class PartSerializer(serializers.Serializer):
    """A part of an issue."""

    number = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)


class IssueDetailSerializer(IssueSerializer):
    """One issue, with its timeline and what belongs to it."""

    available_actions = ActionSerializer(many=True)  # type: ignore[assignment]
    events = EventSerializer(many=True)
    merged_into = serializers.CharField(allow_null=True, help_text="并入的事件编号")
    parts = PartSerializer(many=True)
    duplicates = serializers.ListField(child=serializers.CharField(), help_text="并入本件的事件编号")
    clock_requests = ClockRequestAnswerSerializer(many=True)
    supervisions = serializers.ListField(child=serializers.CharField(), help_text="督办单号")
    holder_unattended = serializers.BooleanField(help_text="已派给的单位或网格无人可登录，收不到通知")
    panels = serializers.DictField(child=serializers.JSONField(), help_text="其他业务与本件的关联，如 needs 共建需求")


class ActionRequestSerializer(serializers.Serializer):
    """``version`` as last read, and the inputs of the action by name."""

    version = serializers.IntegerField(required=False, min_value=1)
    note = serializers.CharField(required=False, max_length=500, allow_blank=True)
    organisation = serializers.CharField(required=False, help_text="单位编码")
    not_personal = serializers.BooleanField(
        required=False, help_text="文字疑似含身份证号、手机号等时，核对无误后填 true"
    )
    reached = serializers.BooleanField(required=False, help_text="记录回访：联系上反映人；以下四项随之")
    responded = serializers.BooleanField(required=False, help_text="办理中有人响应")
    resolved = serializers.BooleanField(required=False, help_text="已解决")
    satisfaction = serializers.ChoiceField(Satisfaction.choices, required=False)
    reopen = serializers.BooleanField(required=False, help_text="未解决或不满意的，同时重开")


def add_inputs(**fields: serializers.Field) -> None:
    """Tell of inputs that steps of topics above ask for (from their ``hooks.py``)."""
    ActionRequestSerializer._declared_fields.update(fields)

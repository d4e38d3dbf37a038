"""``POST /api/v1/grids/<code>/actions/<operation>/``: split, merge, transfer, close, and their previews."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from grids.changes.forms import FORMS, MOST_PARTS, OperationForm, SplitForm
from grids.changes.moving import Outcome
from grids.changes.services import preview
from grids.places.models import Grid
from suzhou_portal.lib.api.answers import StrictSerializerMixin, invalid, read_version
from suzhou_portal.lib.api.problems import GENERAL, Problem
from suzhou_portal.lib.rows.records import StaleVersion
from suzhou_portal.lib.text.free_text import CONFIRM

PART = "拆分后的部分，从 0 起；不列的归第 0 部分"


class PartSerializer(StrictSerializerMixin, serializers.Serializer):
    """One part of a split."""

    name = serializers.CharField(max_length=60)
    households = serializers.IntegerField(min_value=0, max_value=30_000, required=False, allow_null=True)
    group_chats = serializers.IntegerField(min_value=0, max_value=30_000, required=False, allow_null=True)
    has_party_branch = serializers.BooleanField(required=False)
    boundary = serializers.CharField(max_length=200, required=False, allow_blank=True)


def _allotment(of: str) -> serializers.DictField:
    child = serializers.IntegerField(min_value=0, max_value=MOST_PARTS - 1, allow_null=of in {"任职", "登录权限"})
    words = f"{of} → {PART}" + ("；null 为结束" if child.allow_null else "")
    return serializers.DictField(child=child, required=False, help_text=words)


class OperationSerializer(StrictSerializerMixin, serializers.Serializer):
    """What an operation takes; which fields belong to which operation is said beside them."""

    version = serializers.IntegerField(help_text="网格的版本")
    effective = serializers.DateField(required=False, help_text="今天或以前，默认今天")
    reason = serializers.CharField(max_length=200)
    dry_run = serializers.BooleanField(required=False, default=False, help_text="只预览，不执行")
    parts = PartSerializer(
        many=True, required=False, max_length=MOST_PARTS, help_text=f"拆分：两个以上，至多 {MOST_PARTS} 个"
    )
    children = _allotment("拆分：下级网格编码")
    issues = _allotment("拆分：本网格在办事件编号")
    posts = _allotment("任职")
    sign_ins = _allotment("登录权限")
    others = serializers.ListField(
        child=serializers.CharField(max_length=21), required=False, help_text="合并：其他网格的编码"
    )
    name = serializers.CharField(max_length=60, required=False, help_text="合并：合并后的名称")
    boundary = serializers.CharField(max_length=200, required=False, help_text="合并：四至范围")
    leader = serializers.IntegerField(required=False, help_text="合并：继续任网格长的任职 id")
    secretary = serializers.IntegerField(required=False, help_text="合并：继续任支部书记的任职 id")
    community = serializers.CharField(max_length=12, required=False, help_text="划转：划入社区的编码")
    parent = serializers.CharField(max_length=21, required=False, help_text="划转：划入上级网格的编码")
    not_personal = serializers.BooleanField(required=False, default=False)


class BegunSerializer(serializers.Serializer):
    """A grid that the operation begins."""

    code = serializers.CharField()
    name = serializers.CharField()
    origin = serializers.CharField(help_text="由哪个网格而来")


class MovedIssueSerializer(serializers.Serializer):
    """An open issue that goes along."""

    number = serializers.CharField()
    origin = serializers.CharField()
    grid = serializers.CharField()


class OutcomeSerializer(serializers.Serializer):
    """What an operation did or would do."""

    change = serializers.IntegerField(allow_null=True, help_text="网格变动的 id，预览时为 null")
    effective = serializers.DateField()
    ended = serializers.ListField(child=serializers.CharField())
    begun = BegunSerializer(many=True)
    successors = serializers.ListField(child=serializers.CharField())
    moved = serializers.DictField(child=serializers.IntegerField())
    issues = MovedIssueSerializer(many=True)


FIELDS: dict[str, frozenset[str]] = {
    "split": frozenset({"parts", "children", "issues", "posts", "sign_ins"}),
    "merge": frozenset({"others", "name", "boundary", "leader", "secretary"}),
    "transfer": frozenset({"community", "parent"}),
    "close": frozenset(),
}
COMMON = frozenset({"version", "effective", "reason", "dry_run", CONFIRM})


def _split_data(data: QueryDict, values: dict[str, Any], form: SplitForm) -> None:
    """The fields of the form from parts and allotments. Raises 400 for keys that the grid does not have."""
    for index, part in enumerate(values.get("parts", ())):
        for name, value in part.items():
            data[f"{name}_{index}"] = "" if value in (None, False) else "on" if value is True else str(value)
    known = {
        "children": {row.code: f"child_{row.pk}" for row, _field in form.child_fields},
        "issues": {row.number: f"issue_{row.pk}" for row, _field in form.issue_fields},
        "posts": {str(row.pk): f"post_{row.pk}" for row in form.posts},
        "sign_ins": {str(row.pk): f"sign_in_{row.pk}" for row in form.sign_ins},
    }
    for name, names in known.items():
        given = values.get(name, {})
        if unknown := sorted(set(given) - set(names)):
            raise invalid(**{name: f"本网格没有：{'、'.join(unknown[:5])}。"})
        for key, index in given.items():
            data[names[key]] = "" if index is None else str(index)


def form_of(kind: str, values: dict[str, Any], grid: Grid, user: Any) -> OperationForm:
    """The bound form of the operation for the values of a request."""
    data = QueryDict(mutable=True)
    for name in ("effective", "reason", *FIELDS[kind]):
        value = values.get(name)
        if isinstance(value, list) and name == "others":
            data.setlist(name, value)
        elif value is not None and not isinstance(value, (list, dict)):
            data[name] = str(value)
    form = FORMS[kind](None, grid=grid, user=user)
    if "effective" not in data:
        data["effective"] = str(form.initial["effective"])
    if values.get(CONFIRM):
        data[CONFIRM] = "on"
    if isinstance(form, SplitForm):
        _split_data(data, values, form)
    return FORMS[kind](data, grid=grid, user=user)


def answer_of(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """The outcome as the API answers it."""
    return {
        "change": None if dry_run else outcome.change.pk,
        "effective": outcome.change.effective,
        "ended": [grid.code for grid in outcome.ended],
        "begun": [{"code": new.code, "name": new.name, "origin": old.code} for old, new in outcome.begun],
        "successors": [grid.code for grid in outcome.successors],
        "moved": outcome.counts,
        "issues": [
            {"number": issue.number, "origin": before.code, "grid": grid.code} for issue, before, grid in outcome.issues
        ],
    }


class OperationsMixin:
    """The operations of a grid, for the viewset of grids."""

    operations: ClassVar[str] = "split|merge|transfer|close"

    @extend_schema(
        operation_id="grids_operate",
        summary="网格变动：拆分、合并、划转、撤销",
        parameters=[OpenApiParameter("operation", str, OpenApiParameter.PATH, enum=list(FORMS))],
        request=OperationSerializer,
        responses=OutcomeSerializer,
    )
    @action(detail=True, methods=["post"], url_path=rf"actions/(?P<operation>{operations})", url_name="operate")
    def operate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Carry out the operation, or say what it would do. 409 when ``version`` is outdated or the grid has ended."""
        grid, kind = self.get_editable(), kwargs["operation"]
        version = read_version(request.data.get("version"))
        if unknown := sorted(set(request.data) - COMMON - FIELDS[kind]):
            raise invalid(**dict.fromkeys(unknown, "这项操作没有这个字段。"))
        serializer = OperationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if version != grid.version:
            raise StaleVersion(grid)
        if not grid.in_force:
            raise Problem(409, "action_not_possible", f"网格“{grid.name}”已停用或尚未启用，不能再变动。")
        values = serializer.validated_data
        form = form_of(kind, values, grid, request.user)
        if not form.is_valid():
            errors = {_api_name(name): list(map(str, messages)) for name, messages in form.errors.items()}
            raise Problem(400, "validation_error", errors=errors)
        dry_run = values["dry_run"]
        try:
            outcome = preview(form.carry_out) if dry_run else form.carry_out()
        except ValidationError as error:
            raise Problem(400, "validation_error", errors={GENERAL: error.messages}) from error
        return Response(answer_of(outcome, dry_run=dry_run))


def _api_name(name: str) -> str:
    """A field of the form as the request calls it: ``name_1`` → ``parts.1.name``."""
    head, _, index = name.rpartition("_")
    if name == "__all__":
        return GENERAL
    if not index.isdigit():
        return name
    groups = {"child": "children", "issue": "issues", "post": "posts", "sign_in": "sign_ins"}
    return groups.get(head, f"parts.{index}.{head}")

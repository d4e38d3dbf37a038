"""``/api/v1/patrols/`` and ``/api/v1/patrol-findings/``: what their registers answer, and walking a patrol."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from grids.categories.models import IssueCategory
from grids.checklists.models import PatrolItem
from grids.findings import services as findings
from grids.findings.models import Handling, PatrolFinding
from grids.patrols import services as patrolling
from grids.patrols.models import Patrol, PatrolStop
from grids.places.models import Area, Grid
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.api.answers import StrictSerializerMixin, invalid
from suzhou_portal.lib.registers.rest import RegisterViewSet
from suzhou_portal.lib.text.free_text import CONFIRM, number_errors

NO_AREA = "没有这个片区，或不是您负责的片区。"


class StartSerializer(StrictSerializerMixin, serializers.Serializer):
    """Which area, and whether along its plan."""

    area = serializers.CharField(max_length=10, help_text="片区编号")
    planned = serializers.BooleanField(default=True, help_text="false：不按计划，巡查片区全部网格")


class LookSerializer(StrictSerializerMixin, serializers.Serializer):
    """A grid, and whether it was looked at; one that is not on the route yet is added to it."""

    grid = serializers.CharField(max_length=21, help_text="网格编码")
    looked = serializers.BooleanField(default=True)


class FoundSerializer(StrictSerializerMixin, serializers.Serializer):
    """What was found on an open patrol."""

    patrol = serializers.CharField(max_length=20, help_text="巡查编号")
    grid = serializers.CharField(max_length=21, help_text="网格编码")
    item = serializers.IntegerField(min_value=1, max_value=99, help_text="检查项在清单中的序号")
    description = serializers.CharField(max_length=2000)
    handling = serializers.ChoiceField(Handling.choices)
    remedy = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="即查即改的必填")
    category = serializers.CharField(required=False, max_length=10, help_text="交办督办的事件分类编码；默认按检查项")
    address = serializers.CharField(required=False, allow_blank=True, max_length=100)
    place = serializers.CharField(required=False, max_length=21, help_text="网格内更具体的地点：小区、楼栋的编码")
    submission_key = serializers.UUIDField(required=False)
    not_personal = serializers.BooleanField(
        required=False, default=False, help_text="文字疑似含身份证号、手机号等时，核对无误后填 true"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Texts are flagged as on the page."""
        confirmed = attrs.pop(CONFIRM, False)
        texts = [(name, attrs.get(name)) for name in ("description", "remedy", "address")]
        if errors := number_errors(texts, confirmed=confirmed):
            raise serializers.ValidationError(errors)
        return attrs


class PatrolViewSet(RegisterViewSet):
    """Patrols: begin one, note what was looked at, end it."""

    @extend_schema(request=StartSerializer, summary="开始巡查")
    def create(self, request: Request) -> Response:
        """Begin a patrol: 201; the open one of the area where there is one: 200."""
        asked = StartSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user: Any = request.user
        area = Area.objects.visible_to(user, Verb.PATROLS_WALK).filter(code=asked.validated_data["area"]).first()
        if area is None or area.pk not in user.scope_for(Verb.PATROLS_WALK).areas:
            raise invalid(area=NO_AREA)
        there = patrolling.open_patrol(area.pk)
        patrol = there or patrolling.start_patrol(area, by=user, planned=asked.validated_data["planned"])
        code = status.HTTP_200_OK if there else status.HTTP_201_CREATED
        return Response(self.represent(patrol), status=code)

    @extend_schema(request=LookSerializer, summary="登记已查看的网格")
    @action(detail=True, methods=["post"], url_path="looks", url_name="looks")
    def looks(self, request: Request, **kwargs: Any) -> Response:
        """Note that a grid was looked at, or take that back; answers the patrol."""
        patrol: Patrol = self.get_object()
        asked = LookSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user: Any = request.user
        grid = grid_named(asked.validated_data["grid"], user)
        stop = PatrolStop.objects.visible_to(user, Verb.PATROLS_WALK).filter(patrol=patrol, grid=grid).first()
        if stop is None:
            stop = patrolling.add_stop(patrol, grid, by=user)
        change = patrolling.look if asked.validated_data["looked"] else patrolling.unlook
        change(stop, by=user)
        return Response(self.represent(patrol))


def grid_named(code: str, user: Any, name: str = "grid") -> Grid:
    """The grid with this code where ``user`` patrols. Raises 400 for the field ``name``."""
    rows = Grid.objects.current().visible_to(user, Verb.PATROLS_WALK).select_related("community")
    grid = None if "\x00" in code else rows.filter(code=code).first()
    if grid is None:
        raise invalid(**{name: "没有这个网格，或不在您负责的片区。"})
    return grid


class FindingViewSet(RegisterViewSet):
    """Findings: record one on an open patrol, correct, withdraw, confirm."""

    @extend_schema(request=FoundSerializer, summary="登记巡查发现")
    def create(self, request: Request) -> Response:
        """Record a finding: 201. What is handed over becomes an issue in the same stroke."""
        asked = FoundSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said, user = asked.validated_data, request.user
        grid = grid_named(said["grid"], user)
        rows = PatrolStop.objects.visible_to(user, Verb.PATROLS_WALK).select_related("patrol")
        number = said["patrol"]
        stop = None if "\x00" in number else rows.filter(patrol__number=number, grid=grid).first()
        if stop is None:
            raise invalid(patrol="没有这次巡查，或其中没有这个网格。")
        # unscoped: checklists and categories are reference data
        items = PatrolItem.objects.filter(checklist=stop.patrol.checklist_id, position=said["item"])
        item = items.select_related("category").first()
        if item is None:
            raise invalid(item="清单中没有这一项。")
        category = None
        if code := said.get("category"):
            # unscoped: reference data
            category = IssueCategory.objects.usable().filter(code=code).first()
            if category is None:
                raise invalid(category="没有这个分类。")
        finding: PatrolFinding = findings.record_finding(
            findings.Found(
                stop=stop,
                item=item,
                description=said["description"],
                handling=said["handling"],
                remedy=said.get("remedy", ""),
                category=category,
                address=said.get("address", ""),
                place=grid_named(said["place"], user, "place") if said.get("place") else None,
                submission_key=said.get("submission_key"),
            ),
            by=user,
        )
        return Response(self.represent(finding), status=status.HTTP_201_CREATED)

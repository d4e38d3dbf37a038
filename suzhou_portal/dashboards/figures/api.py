"""``GET /api/v1/figures/``: the figures of a place and period, each with the address of its rows."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.dashboards.figures.of_issues import FIGURES, Value, count
from suzhou_portal.dashboards.figures.of_rows import RowValue, count_rows
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.api.answers import PortalAPIView, refuse_unknown_parameters
from suzhou_portal.lib.time import periods

PARAMETERS = frozenset({"place", "period"})


class FigureSerializer(serializers.Serializer):
    """A figure as it is answered; for the OpenAPI document."""

    code = serializers.CharField(help_text="指标代码")
    name = serializers.CharField(help_text="指标名称")
    numerator = serializers.FloatField(help_text="分子：件数；求和的指标为合计，金额以元计")
    denominator = serializers.FloatField(allow_null=True, help_text="分母；计数类指标为 null")
    value = serializers.FloatField(allow_null=True, help_text="数量（万元），或百分比；分母不足 10 时为 null")
    unit = serializers.CharField(help_text="件、个等，或 %")
    definition = serializers.CharField(help_text="统计口径")
    updated_at = serializers.DateTimeField(help_text="数据时间")
    rows_url = serializers.CharField(help_text="分子所计记录的列表")


def number(value: Any) -> Any:
    """A count as it is, a sum as a JSON number."""
    return float(value) if isinstance(value, Decimal) else value


class FigureView(PortalAPIView):
    """The figures of one place in one period."""

    tag = "统计"
    view_verb = Verb.FIGURES_VIEW

    @extend_schema(
        operation_id="figures_list",
        parameters=[
            OpenApiParameter("place", str, description="地点编码；缺省为本人所在的地点"),
            OpenApiParameter(
                "period", str, description="统计期，如 2026-11-01..2026-11-30；缺省为本月。今天以后的不计"
            ),
        ],
        responses=FigureSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The figures, in the order of the table. 404 for a place outside the user's scope."""
        refuse_unknown_parameters(request, PARAMETERS)
        code, span = (request.query_params.get(name, "") for name in ("place", "period"))
        try:
            period = periods.from_span(span) if span else periods.named(periods.DEFAULT)
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from None
        spot = spots.find(code, request.user) if code else spots.own(request.user)
        counts = count(spot, period, request.user, compare=False, below=False)
        values = [counts.value(name) for name in FIGURES]
        counted = count_rows(spot, period, request.user, compare=False)
        return Response([self.answer(value) for value in (*values, *counted)])

    @staticmethod
    def answer(value: Value | RowValue) -> dict[str, object]:
        """One figure as the contract wants it."""
        return {
            "code": value.figure.code,
            "name": value.figure.name,
            "numerator": number(value.numerator),
            "denominator": number(value.denominator),
            "value": value.value,
            "unit": value.figure.unit,
            "definition": value.figure.definition,
            "updated_at": timezone.localtime(value.updated_at),
            "rows_url": value.rows_endpoint,
        }


urlpatterns = [path("figures/", FigureView.as_view(), name="api-figures")]

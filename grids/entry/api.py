"""What programs send to report an issue, and ``/api/v1/issue-hints/``: what they may ask before."""

from collections.abc import Callable
from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.categories.models import category_coded
from grids.entry.hints import hints_on
from grids.issues.models import Severity, Source
from grids.issues.services import Report
from grids.places.finding import describe, place_named
from grids.reporters.models import Contact
from grids.reporters.services import NAME_LENGTH, clean_name, clean_phone
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.api.answers import PortalAPIView, StrictSerializerMixin, invalid, refuse_unknown_parameters
from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.text.free_text import CONFIRM, number_errors


class ContactText(serializers.CharField):
    """A part of the reporter's contact: optional, cleaned by ``clean``, in no answer ever."""

    def __init__(self, clean: Callable[[str], str], **kwargs: Any) -> None:
        self._clean = clean
        super().__init__(required=False, allow_blank=True, default="", write_only=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The cleaned text."""
        return self._clean(super().to_internal_value(data))


class ReportSerializer(StrictSerializerMixin, serializers.Serializer):
    """What a reporter says: place, category and description suffice."""

    place = serializers.CharField(max_length=21, help_text="街道、社区或网格的编码")
    category = serializers.CharField(max_length=10, help_text="小类编码")
    description = serializers.CharField(max_length=2000)
    address = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    severity = serializers.ChoiceField(Severity.choices, required=False, default=Severity.NORMAL)
    source = serializers.ChoiceField(Source.choices, required=False, allow_blank=True, default="")
    submission_key = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="由客户端为每件上报生成一次；同一标识再次提交，得到首次的那一件（长期有效）",
    )
    contact_name = ContactText(
        clean_name, max_length=NAME_LENGTH, help_text="反映人姓名或称呼；加密保存，任何回答中都不给出"
    )
    contact_phone = ContactText(
        clean_phone, max_length=30, help_text="反映人手机号或固定电话；加密保存，任何回答中都不给出"
    )
    not_personal = serializers.BooleanField(
        required=False, default=False, help_text="文字疑似含身份证号、手机号等时，核对无误后填 true"
    )

    def report(self, user: Any) -> Report:
        """The report, its codes looked up in the scope of ``user``. Raises the problem 400."""
        values = dict(self.validated_data)
        errors: dict[str, list[str]] = {}
        place = place_named(values["place"], user, Verb.ISSUES_REPORT)
        if place is None:
            errors["place"] = ["没有这个地点，或不在您的上报范围内。"]
        category = category_coded(values["category"])  # reference data, open to everybody who is signed in
        if category is None:
            errors["category"] = ["没有这个分类，请填写启用的小类编码。"]
        texts = [(name, values[name]) for name in ("description", "address")]
        errors |= number_errors(texts, confirmed=values.pop(CONFIRM))
        if errors or place is None or category is None:
            raise Problem(400, "validation_error", errors=errors)
        contact = Contact(values.pop("contact_name"), values.pop("contact_phone"))
        return Report(**{**values, "place": place, "category": category, "contact": contact})


MAX_TYPED = 2000
HINTS = inline_serializer(
    "IssueHints",
    {
        "categories": inline_serializer(
            "LikelyCategory", {"code": serializers.CharField(), "name": serializers.CharField()}, many=True
        ),
        "place": inline_serializer(
            "NamedPlace", {"code": serializers.CharField(), "label": serializers.CharField()}, allow_null=True
        ),
        "similar": inline_serializer(
            "SimilarIssue",
            {name: serializers.CharField() for name in ("number", "category", "description", "status")},
            many=True,
        ),
    },
)
ASKED = {
    "description": "情况，最多 2000 字",
    "place": "已选地点的编码；未填时在文字写到的地点附近查找类似事件",
    "category": "已选小类的编码；未填时按推荐的首位",
}


class IssueHintsView(PortalAPIView):
    """What the entry page tells while somebody types (``grids.entry.hints``)."""

    view_verb = Verb.ISSUES_REPORT
    tag = "网格事件"

    @extend_schema(
        operation_id="issue_hints_retrieve",
        summary="按情况推荐分类、识别地点、查找附近类似的在办事件",
        parameters=[OpenApiParameter(name, str, description=words) for name, words in ASKED.items()],
        responses=HINTS,
    )
    def get(self, request: Request) -> Response:
        """Likely categories, best first; the place that the text names, or null; similar open issues in scope."""
        refuse_unknown_parameters(request, set(ASKED))
        asked = {name: request.query_params.get(name, "") for name in ASKED}
        if len(asked["description"]) > MAX_TYPED or any("\x00" in value for value in asked.values()):
            raise invalid(description=f"情况须在 {MAX_TYPED} 字以内，不含特殊字符。")
        place = place_named(asked["place"], request.user, Verb.ISSUES_REPORT) if asked["place"] else None
        if asked["place"] and place is None:
            raise invalid(place="没有这个地点，或不在您的上报范围内。")
        found = hints_on(asked["description"], place, asked["category"], user=request.user, chosen=False)
        similar = [
            {"number": row.number, "category": row.category.code, "description": row.description, "status": row.status}
            for row in found.similar
        ]
        return Response(
            {
                "categories": [{"code": row.code, "name": row.name} for row in found.categories],
                "place": {"code": found.named.code, "label": describe(found.named)} if found.named else None,
                "similar": similar,
            }
        )


urlpatterns = [path("issue-hints/", IssueHintsView.as_view(), name="api-issue-hints")]

"""The OpenAPI document: what every operation has in common, in one place."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from suzhou_portal.lib.api.keys import HEADER
from suzhou_portal.lib.api.problems import CONTENT_TYPE, TITLES


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)
    code = serializers.CharField(help_text="供程序判断的错误代码")
    request_id = serializers.CharField(allow_blank=True, help_text="报障时请提供")
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="字段 → 提示"
    )  # type: ignore[assignment]
    current = serializers.DictField(required=False, help_text="冲突时：现状")
    submitted = serializers.DictField(required=False, help_text="冲突时：所提交的内容")


ACTION_SUMMARIES = {
    "list": "{name}列表",
    "retrieve": "{name}详情",
    "create": "新增{name}",
    "update": "修改{name}",
    "partial_update": "修改{name}",
    "act": "对{name}执行操作",
}


class PortalAutoSchema(AutoSchema):
    """Adds the problems that every operation may answer, ``Idempotency-Key``, and Chinese summaries."""

    def problem_statuses(self) -> list[int]:
        """The error statuses of this operation, beside its own answers."""
        statuses = [400, 401, 403, 404, 429, 503]
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            statuses += [409, 413, 415]
        if self.method == "POST":
            statuses.append(422)
        return sorted(statuses)

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status in self.problem_statuses():
            response = OpenApiResponse(ProblemSerializer, TITLES[status])
            bodies.setdefault(
                str(status), self._get_response_for_code(response, str(status), [CONTENT_TYPE], direction)
            )
        return bodies

    def get_override_parameters(self) -> list[Any]:
        """``Idempotency-Key`` on every POST."""
        if self.method != "POST":
            return []
        key = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]{1,100}$"}
        return [
            OpenApiParameter(HEADER, key, OpenApiParameter.HEADER, description="重复提交时返回首次结果，不重复执行")
        ]

    def get_description(self) -> str:  # type: ignore[override]
        """None from docstrings: those are for developers; users' texts are given by ``extend_schema``."""
        return ""

    def get_request_serializer(self) -> Any:
        """Of a step: what the forms of its table ask for (``steps_schema`` of the view), where nothing else is told."""
        derived = getattr(self.view, "steps_schema", None)
        return derived() if derived and getattr(self.view, "action", "") == "act" else super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        """Of a single row: what the view says of it (``row_serializer_class``), where nothing else is told."""
        of_row = getattr(self.view, "row_serializer_class", None)
        alone = getattr(self.view, "action", "") in {"retrieve", "act"}
        return of_row if of_row and alone else super().get_response_serializers()

    def get_tags(self) -> list[str]:
        """The Chinese name of what the operation is about."""
        model = getattr(self.view, "model", None)
        return [str(model._meta.verbose_name)] if model else [getattr(self.view, "tag", "") or super().get_tags()[0]]

    def get_summary(self) -> str | None:
        """E.g. 网格列表, from the model's Chinese name."""
        pattern = ACTION_SUMMARIES.get(getattr(self.view, "action", None) or "")
        model = getattr(self.view, "model", None)
        return pattern.format(name=model._meta.verbose_name) if pattern and model else None


class BearerScheme(OpenApiAuthenticationExtension):
    """How programs sign in."""

    target_class = "suzhou_portal.accounts.authentication.BearerTokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """See drf-spectacular."""
        return {"type": "http", "scheme": "bearer", "description": "令牌由 POST /api/v1/tokens/ 取得"}


class SessionScheme(OpenApiAuthenticationExtension):
    """How browsers sign in."""

    target_class = "suzhou_portal.accounts.authentication.PortalSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """See drf-spectacular."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "网页登录后的会话"}

"""Errors of the API: problem details (RFC 9457) in Chinese, with machine codes.

A problem is ``{type, title, status, detail, code, request_id}``, with ``errors`` (field →
messages) for bad input and ``current`` and ``submitted`` for a lost race. No input makes
a 500: what a client can cause is mapped here.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from suzhou_portal.audit.trail import current_context
from suzhou_portal.lib.api.wire import to_json
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion

CHALLENGE = 'Bearer realm="api"'
CONTENT_TYPE = "application/problem+json"
# Errors that belong to no single field stand under this name.
GENERAL = "non_field_errors"

TITLES = {
    400: "请求有误",
    401: "未登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的方法",
    409: "与现状冲突",
    413: "内容过大",
    415: "不支持的内容类型",
    422: "无法处理",
    429: "请求过于频繁",
    500: "系统出错",
    503: "暂时不可用",
}
DETAILS = {
    "validation_error": "填写的内容有误，请按提示修改。",
    "not_authenticated": "请先登录，或在 Authorization 头中提供有效的令牌。",
    "permission_denied": "您没有这项操作的权限。",
    "not_found": "没有这个地址，或者没有您可以查看的内容。",
    "method_not_allowed": "该地址不支持这种请求方法。",
    "unsupported_media_type": "请求内容的类型不对。",
    "parse_error": "无法读取请求内容。",
    "stale_version": "内容已被他人更新，请核对现状后重新提交。",
    "action_not_possible": "当前状态下不能进行这项操作。",
    "throttled": "请求过于频繁，请稍后再试。",
    "integrity_error": "与已有的数据冲突，请核对后重新提交。",
    "data_error": "数值或文字超出允许的范围。",
    "busy": "系统繁忙，请稍后重试。",
    "too_large": "请求内容过大。",
    "bad_request": "请求有误。",
    "server_error": "系统出错，已记录。请稍后再试，或将请求编号告知管理员。",
}


class Problem(exceptions.APIException):
    """An error with its status, machine code and Chinese detail."""

    def __init__(self, status: int, code: str, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or DETAILS[code], code)
        self.status_code = status
        self.code = code
        self.extra = extra


def problem(status: int, code: str, detail: str = "", **extra: Any) -> dict[str, Any]:
    """The body of a problem; ``extra`` members are added (None ones left out)."""
    return {
        "type": "about:blank",
        "title": TITLES.get(status, "请求有误"),
        "status": status,
        "detail": detail or DETAILS.get(code, ""),
        "code": code,
        "request_id": current_context().request_id,
        **{name: value for name, value in extra.items() if value is not None},
    }


def problem_response(status: int, code: str, detail: str = "", **extra: Any) -> HttpResponse:
    """A problem as a plain Django response, for code outside the REST views."""
    return HttpResponse(to_json(problem(status, code, detail, **extra)), status=status, content_type=CONTENT_TYPE)


@csrf_exempt  # a program that errs in the address shall read that, whatever it sent
def not_found(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """The view of unknown addresses under ``/api/``."""
    detail = "没有这个地址。" if request.path.endswith("/") else "没有这个地址（接口地址以 / 结尾）。"
    return problem_response(404, "not_found", detail)


def field_errors(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Any nesting of error messages as ``{"field.sub": [messages]}``."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, value in detail.items():
            name = GENERAL if name == NON_FIELD_ERRORS else str(name)
            path = f"{prefix}.{name}" if prefix else name
            for key, messages in field_errors(value, path).items():
                found.setdefault(key, []).extend(messages)
        return found
    if isinstance(detail, (list, tuple)):
        found = {}
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping)
            if nested and not value:
                continue  # an element of a list without errors
            path = f"{prefix}.{index}".lstrip(".") if nested else prefix
            for key, messages in field_errors(value, path).items():
                found.setdefault(key, []).extend(messages)
        return found
    return {prefix or GENERAL: [str(detail)]}


def _invalid(errors: dict[str, list[str]]) -> dict[str, Any]:
    general = errors.get(GENERAL)
    detail = " ".join(general) if general and len(errors) == 1 else ""
    return problem(400, "validation_error", detail, errors=errors)


def _lost_race(exc: StaleVersion | ActionNotPossible, context: dict[str, Any]) -> dict[str, Any]:
    """409 with the state as stored and as submitted; 404 when the row has left the user's sight."""
    code = "stale_version" if isinstance(exc, StaleVersion) else "action_not_possible"
    view, request = context.get("view"), context.get("request")
    current = view.current_state(exc.current) if hasattr(view, "current_state") else None
    if current is None:
        return problem(404, "not_found")
    reason = getattr(exc, "reason", "")
    return problem(409, code, reason, current=current, submitted=dict(request.data) if request is not None else {})


def _taken_types(view: Any) -> str:
    """Which types of content the view's parsers read, as a sentence."""
    types = [parser.media_type for parser in getattr(view, "parser_classes", ())]
    return f"请求内容须为 {' 或 '.join(types)}。" if types else ""


def _from_framework(exc: exceptions.APIException, context: dict[str, Any]) -> dict[str, Any]:
    if isinstance(exc, Problem):
        return problem(exc.status_code, exc.code, str(exc.detail), **exc.extra)
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(field_errors(exc.detail))
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return problem(415, "unsupported_media_type", _taken_types(context.get("view")))
    codes = exc.get_codes()
    code = codes if isinstance(codes, str) else "bad_request"
    # Messages of the framework itself are replaced by ours; a raiser's own Chinese text stays.
    own = str(exc.detail) != str(exc.default_detail) and not isinstance(
        exc, (exceptions.MethodNotAllowed, exceptions.UnsupportedMediaType, exceptions.Throttled)
    )
    name = "not_authenticated" if code == "authentication_failed" and not own else code
    return problem(exc.status_code, code, str(exc.detail) if own else DETAILS.get(name, ""))


def _body(exc: Exception, context: dict[str, Any]) -> dict[str, Any] | None:
    if isinstance(exc, exceptions.APIException):
        return _from_framework(exc, context)
    if isinstance(exc, ValidationError):
        return _invalid(field_errors(exc.message_dict if hasattr(exc, "error_dict") else exc.messages))
    if isinstance(exc, (StaleVersion, ActionNotPossible)):
        return _lost_race(exc, context)
    simple: tuple[tuple[Any, int, str], ...] = (
        (Http404, 404, "not_found"),
        ((PermissionDenied, ActionForbidden), 403, "permission_denied"),
        (IntegrityError, 409, "integrity_error"),
        (DataError, 400, "data_error"),
        ((OperationalError, InterfaceError), 503, "busy"),
        (RequestDataTooBig, 413, "too_large"),
        (SuspiciousOperation, 400, "bad_request"),
    )
    for kinds, status, code in simple:
        if isinstance(exc, kinds):
            return problem(status, code)
    return None


def problem_details(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's exception handler: the problem of ``exc``, or None for a bug of ours."""
    body = _body(exc, context)
    if body is None:
        return None
    headers = {"WWW-Authenticate": CHALLENGE} if body["status"] == 401 else {}
    wait = getattr(exc, "wait", None) or (1 if body["status"] == 503 else None)
    if wait:
        headers["Retry-After"] = str(int(wait) + 1)
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)

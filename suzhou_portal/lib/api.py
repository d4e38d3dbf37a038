"""The bases of the REST layer: scoped viewsets, strict filters, idempotent POSTs, workflow actions.

A viewset names its model, its verbs and its order; rows come from ``visible_to`` and from
nowhere else. Outside the scope 404, without the verb 403. Errors, paging and bytes are in
``lib.problems``, ``lib.paging`` and ``lib.wire``, and can be imported from here too.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms.models import ModelChoiceField, ModelMultipleChoiceField
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from suzhou_portal.lib.free_text import CONFIRM
from suzhou_portal.lib.idempotency import answer_once
from suzhou_portal.lib.paging import KeysetPagination
from suzhou_portal.lib.problems import GENERAL, Problem, problem_details, problem_response
from suzhou_portal.lib.wire import JSONNegotiation, ORJSONRenderer, StrictJSONParser, to_json
from suzhou_portal.lib.workflow import Transition, Workflow

__all__ = [
    "GENERAL",
    "ActionsMixin",
    "IdempotencyMixin",
    "JSONNegotiation",
    "KeysetPagination",
    "ORJSONRenderer",
    "PortalAPIView",
    "Problem",
    "ScopedViewSet",
    "StrictFilterBackend",
    "StrictJSONParser",
    "StrictSerializerMixin",
    "invalid",
    "problem_details",
    "problem_response",
    "read_version",
    "refuse_unknown_parameters",
    "to_json",
]

MAX_CHOICES = 200
MAX_VERSION = 2**31 - 1


def invalid(**errors: str) -> Problem:
    """The problem 400 with one message per field: ``raise invalid(place="没有这个地点。")``."""
    return Problem(400, "validation_error", errors={name: [message] for name, message in errors.items()})


def read_version(value: Any) -> int | None:
    """The ``version`` of a request body: a positive integer, or None when it is left out."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_VERSION:
        raise invalid(version="版本须为正整数。")
    return value


# --- strictness -----------------------------------------------------------------------


def refuse_unknown_parameters(request: Request, known: frozenset[str] | set[str]) -> None:
    """Raise 400 that names every query parameter outside ``known``."""
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise Problem(
            400,
            "unknown_parameter",
            f"没有这个查询参数：{'、'.join(unknown)}。",
            errors={name: ["没有这个查询参数。"] for name in unknown},
        )


def parameters_of(name: str, filter_: Any) -> list[str]:
    """The query parameters that a filter called ``name`` reads: itself, or one per end of a range."""
    suffixes = getattr(filter_.field_class.widget, "suffixes", None)
    return [f"{name}_{suffix}" for suffix in suffixes] if suffixes else [name]


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter with the page's own filter set; parameters that it does not know are an error."""

    def filter_queryset(self, request: Request, queryset: models.QuerySet, view: Any) -> models.QuerySet:
        """The rows that the query asks for. Raises 400 for unknown parameters and bad values.

        Only the filters that are asked for are built: building all of them would cost more than a
        page of rows. None of them may be required.
        """
        filterset_class = self.get_filterset_class(view, queryset)
        filters = filterset_class.base_filters if filterset_class else {}
        read = {name: parameters_of(name, filter_) for name, filter_ in filters.items()}
        refuse_unknown_parameters(request, KeysetPagination.parameters.union(*read.values()))
        if filterset_class is None:
            return queryset
        asked = {name: filters[name] for name, names in read.items() if any(n in request.query_params for n in names)}
        filterset = filterset_class.__new__(filterset_class)
        filterset.base_filters = asked
        filterset.__init__(**self.get_filterset_kwargs(request, queryset, view))
        if not filterset.is_valid():
            raise serializers.ValidationError(filterset.errors)
        return filterset.qs


class StrictSerializerMixin:
    """A serializer that names the fields of a body which it does not know, instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        """See Django REST framework."""
        # Read-only fields may come back with a row that was read before; they are not written.
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else None  # type: ignore[attr-defined]
        if unknown:
            raise serializers.ValidationError({name: ["没有这个字段。"] for name in sorted(unknown)})
        return super().to_internal_value(data)  # type: ignore[misc]


# --- views ----------------------------------------------------------------------------


class IdempotencyMixin:
    """Every POST of the view honours ``Idempotency-Key`` (see ``lib.idempotency``)."""

    idempotent = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After sign-in and rights: wrap the handler that is about to run."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        handler = getattr(self, "post", None)
        if self.idempotent and request.method == "POST" and handler is not None:
            self.post = lambda request, *args, **kwargs: answer_once(
                request, request.user, lambda record: handler(request, *args, **kwargs)
            )


class PortalAPIView(IdempotencyMixin, APIView):
    """Base of the endpoints that are no viewset. ``view_verb`` is the right they ask for, if any."""

    metadata_class = None
    view_verb: str | None = None

    def required_verb(self) -> str | None:
        """The verb that this request needs somewhere; None: signing in is enough."""
        return self.view_verb

    def check_permissions(self, request: Request) -> None:
        """Signed in, and holding the verb."""
        super().check_permissions(request)
        verb = self.required_verb()
        user: Any = request.user
        if verb is not None and not user.can(verb):
            raise PermissionDenied


class ScopedViewSet(PortalAPIView, GenericViewSet):
    """Base of the viewsets: the rows of ``model`` in the user's scope.

    Attributes: ``model``; ``view_verb`` to list and retrieve, ``edit_verb`` to write;
    ``keyset``, the order of the list (never null, unique at the end); ``filterset_class``,
    shared with the page; ``lookup_field`` (the code, where rows have one).
    """

    model: Any
    view_verb: str | None = None
    edit_verb: str | None = None
    keyset: Sequence[str] = ("-id",)
    filterset_class: Any = None
    filter_backends = [StrictFilterBackend]
    writing: ClassVar[frozenset[str]] = frozenset({"create", "update", "partial_update", "destroy"})

    def required_verb(self) -> str | None:
        """``edit_verb`` for the writing actions, ``view_verb`` for all others."""
        return self.edit_verb if self.action in self.writing else self.view_verb

    def get_queryset(self) -> Any:
        """The rows that the user may view."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.model._default_manager.visible_to(self.request.user, self.view_verb)

    def lookup(self, rows: Any, value: str) -> Any:
        """The row of ``rows`` that ``value`` of the address names, or None."""
        return rows.filter(**{self.lookup_field: value}).first()

    def get_object(self) -> Any:
        """The row of the address. 404 outside the scope."""
        value = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        try:
            row = None if "\x00" in value else self.lookup(self.get_queryset(), value)
        except (ValueError, TypeError) as error:
            raise Http404 from error
        if row is None:
            raise Http404
        return row

    def get_editable(self) -> Any:
        """The row of the address, for writing. 404 outside the scope, 403 where only viewing is allowed."""
        row = self.get_object()
        if not self.model._default_manager.editable_by(self.request.user, self.edit_verb).filter(pk=row.pk).exists():
            raise PermissionDenied
        return row

    def represent(self, row: Any) -> Any:
        """``row`` as the API answers it."""
        return self.get_serializer(row).data

    def current_state(self, row: Any) -> Any:
        """``row`` as stored now, for the answer to a lost race; None when the user may not (any longer) see it."""
        fresh = self.get_queryset().filter(pk=row.pk).first()
        return None if fresh is None else self.represent(fresh)


# --- workflow -------------------------------------------------------------------------

_INPUT_TYPES: tuple[tuple[type[forms.Field], str], ...] = (
    (ModelMultipleChoiceField, "choices"),
    (ModelChoiceField, "choice"),
    (forms.MultipleChoiceField, "choices"),
    (forms.ChoiceField, "choice"),
    (forms.BooleanField, "boolean"),
    (forms.IntegerField, "number"),
    (forms.DateTimeField, "datetime"),
    (forms.DateField, "date"),
)


def input_type(field: forms.Field) -> str:
    """The type of an input: text, choice, choices, boolean, number, date or datetime; or what the field itself
    says: object, numbers.
    """
    said: str = getattr(field, "api_type", "")
    return said or next((name for kind, name in _INPUT_TYPES if isinstance(field, kind)), "text")


def choices_of(field: forms.Field) -> list[dict[str, Any]] | None:
    """Up to 200 choices as ``{value, label}`` (rows by their code), or None for an input without choices."""
    if isinstance(field, ModelChoiceField):
        assert field.queryset is not None  # noqa: S101 -- Django's form fields always have one here
        return [{"value": getattr(row, "code", row.pk), "label": str(row)} for row in field.queryset[:MAX_CHOICES]]
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return [{"value": value, "label": str(label)} for value, label in choices if value != ""]
    return None


def describe_action(transition: Transition, row: Any, user: Any, *, with_choices: bool = True) -> dict[str, Any]:
    """``{action, label, inputs: {name: {label, type, required, choices}}}`` of a transition for ``row``.

    Without choices no query is made, and ``choices`` is null throughout.
    """
    inputs = {}
    for name, factory in transition.inputs.items():
        field = factory(row, user)
        inputs[name] = {
            "label": str(field.label or name),
            "type": input_type(field),
            "required": field.required,
            "choices": choices_of(field) if with_choices else None,
        }
    return {"action": transition.action, "label": transition.label, "inputs": inputs}


_EXPECTED: dict[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "须为文字。"),
    "date": ((str,), "须为日期文字。"),
    "datetime": ((str,), "须为时间文字。"),
    "boolean": ((bool,), "须为 true 或 false。"),
    "number": ((int, float, str), "须为数字。"),
    "choice": ((int, str), "须为选项的编码。"),
    "choices": ((list,), "须为编码的列表。"),
    "object": ((dict,), "须为对象。"),
    "numbers": ((list,), "须为数字的列表。"),
}


def read_input(name: str, field: forms.Field, value: Any) -> Any:
    """A JSON value as the form takes it; a row's code becomes its key. Raises 400 for a wrong type."""
    if value is None:
        return None
    kinds, message = _EXPECTED[input_type(field)]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise invalid(**{name: message})
    if isinstance(value, list) and not all(isinstance(item, (int, str)) for item in value):
        raise invalid(**{name: message})
    if isinstance(field, ModelChoiceField):
        return [_key(field, item) for item in value] if isinstance(value, list) else _key(field, value)
    return value


def _key(field: ModelChoiceField, value: Any) -> Any:
    """The key of the choice that ``value`` names by code; otherwise ``value``, which the form judges as a key."""
    rows = field.queryset
    if isinstance(value, str) and "\x00" not in value and rows is not None and hasattr(rows.model, "code"):
        return rows.filter(code=value).values_list("pk", flat=True).first() or value
    return value


class ActionsMixin:
    """``POST <row>/actions/<action>/`` with ``{version?, not_personal?, …inputs}`` for a viewset whose model
    has a workflow.
    """

    workflow: Workflow
    # Action → its description without choices, ready for the wire: the same for all rows and users.
    _brief: ClassVar[dict[tuple[Workflow, str], orjson.Fragment]] = {}

    def available_actions(self, row: Any) -> list[dict[str, Any]]:
        """What the user may do with ``row`` now, each with its inputs and their choices."""
        user = self.request.user  # type: ignore[attr-defined]
        return [describe_action(transition, row, user) for transition in self.workflow.available(row, user)]

    def brief_actions(self, row: Any) -> list[orjson.Fragment]:
        """The same without choices and without any query, for lists and the answers of hot endpoints."""
        user = self.request.user  # type: ignore[attr-defined]
        found = []
        for transition in self.workflow.available(row, user):
            key = (self.workflow, transition.action)
            if key not in self._brief:
                described = describe_action(transition, row, user, with_choices=False)
                self._brief[key] = orjson.Fragment(to_json(described))
            found.append(self._brief[key])
        return found

    @extend_schema(parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH)])
    @action(detail=True, methods=["post"], url_path=r"actions/(?P<action>[^/.]+)", url_name="act")
    def act(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Apply a workflow action; answers the row as it stands afterwards.

        409 when the status does not allow it or ``version`` is outdated, 403 without the right; 400 when a
        binding step names no version.
        """
        row = self.get_object()  # type: ignore[attr-defined]
        name = kwargs["action"]
        if name not in self.workflow.by_action:
            raise Http404
        data = dict(request.data)
        version = read_version(data.pop("version", None))
        transition = self.workflow.by_action[name]
        if version is None and transition.binding and transition in self.workflow.available(row, request.user):
            raise invalid(version="这一步须带上所读内容的版本。")
        confirmed = data.pop(CONFIRM, False)
        if not isinstance(confirmed, bool):
            raise invalid(**{CONFIRM: "须为 true 或 false。"})
        fields = self.workflow.form(row, name, request.user).fields
        if unknown := sorted(set(data) - set(fields)):
            raise invalid(**dict.fromkeys(unknown, "没有这个字段。"))
        inputs = {key: read_input(key, fields[key], value) for key, value in data.items()} | {CONFIRM: confirmed}
        row = self.workflow.apply(row, name, by=request.user, version=version, inputs=inputs)
        return Response(self.represent(row))  # type: ignore[attr-defined]

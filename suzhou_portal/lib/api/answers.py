"""The bases of the REST layer: scoped viewsets, strict filters, idempotent POSTs, workflow actions.

A viewset names its model, its verbs and its order; rows come from ``visible_to`` and from
nowhere else. Outside the scope 404, without the verb 403. Errors, paging and bytes are in
``lib.api.problems``, ``lib.api.paging`` and ``lib.api.wire``, and can be imported from here too.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from suzhou_portal.lib.api.keys import answer_once
from suzhou_portal.lib.api.paging import KeysetPagination
from suzhou_portal.lib.api.problems import GENERAL, Problem, problem_details, problem_response
from suzhou_portal.lib.api.wire import JSONNegotiation, ORJSONRenderer, StrictJSONParser, to_json

__all__ = [
    "GENERAL",
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
    """Every POST of the view honours ``Idempotency-Key`` (see ``lib.api.keys``)."""

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

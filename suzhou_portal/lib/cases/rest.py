"""Steps of a case through the API: what a reader may do with a row, and the doing."""

import builtins
from typing import Any, ClassVar

import orjson
from django import forms
from django.forms.models import ModelChoiceField
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.lib.api.answers import invalid, read_version, refuse_unknown_parameters
from suzhou_portal.lib.api.wire import to_json
from suzhou_portal.lib.cases.inputs import kind_of
from suzhou_portal.lib.cases.schema import StepSerializer, request_of
from suzhou_portal.lib.cases.story import story_of
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.text.free_text import CONFIRM

MAX_CHOICES = 200


# --- workflow -------------------------------------------------------------------------


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
            "type": kind_of(field).name,
            "required": field.required,
            "choices": choices_of(field) if with_choices else None,
        }
    return {"action": transition.action, "label": transition.label, "inputs": inputs}


def read_input(name: str, field: forms.Field, value: Any) -> Any:
    """A JSON value as the form takes it; a row's code becomes its key. Raises 400 for a wrong type."""
    if value is None:
        return None
    kind = kind_of(field)
    fits = isinstance(value, kind.takes) and (bool in kind.takes or not isinstance(value, bool))
    if not fits or (isinstance(value, list) and not all(isinstance(item, (int, str)) for item in value)):
        raise invalid(**{name: kind.refusal})
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
        available = [step for step in self.workflow.available(row, user) if not step.hindered(row)]
        return [describe_action(transition, row, user) for transition in available]

    def brief_actions(self, row: Any) -> list[orjson.Fragment]:
        """The same without choices and without any query, for the answers of hot endpoints."""
        user = self.request.user  # type: ignore[attr-defined]
        found = []
        for transition in self.workflow.available(row, user):
            key = (self.workflow, transition.action)
            if key not in self._brief:
                described = describe_action(transition, row, user, with_choices=False)
                self._brief[key] = orjson.Fragment(to_json(described))
            found.append(self._brief[key])
        return found

    def action_names(self, row: Any) -> list[str]:
        """Their names alone, without any query, for lists: the inputs stand on the single row."""
        user = self.request.user  # type: ignore[attr-defined]
        return [transition.action for transition in self.workflow.available(row, user)]

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


class CaseMixin(ActionsMixin):
    """What the endpoint of a case answers beside that of a register: the steps of its workflow below ``actions/``,
    its events, its documents. A list tells the actions by their names alone.
    """

    register: Any

    def steps_schema(self) -> type[serializers.Serializer]:
        """What may be sent with a step, for the OpenAPI document."""
        return request_of(self.workflow)

    def list(self, request: Request) -> Response:
        """One page, the actions by name."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))  # type: ignore[attr-defined]
        write = self.answer  # type: ignore[attr-defined]
        answers = [{**write(row), "available_actions": self.action_names(row)} for row in page]
        return self.get_paginated_response(answers)  # type: ignore[attr-defined]

    def represent(self, row: Any) -> Any:
        """One row, with what its reader may do and, where it keeps events, its story."""
        fresh = self.fresh(row)  # type: ignore[attr-defined]
        answer = self.answer(fresh)  # type: ignore[attr-defined]
        answer["status"] = fresh.status
        answer["available_actions"] = self.available_actions(fresh)
        if self.workflow.events is not None:
            answer["events"] = self.events_answer(fresh)
        return {**answer, **self.register.answer(fresh, self.request.user)}  # type: ignore[attr-defined]

    def events_answer(self, row: Any) -> builtins.list[dict[str, Any]]:
        """The story of ``row``, the newest last."""
        return [
            {
                "at": timezone.localtime(step.at),
                "actor": step.who if step.actor else None,
                "action": step.action,
                "from": step.before or None,
                "to": step.after or row.status,
                "note": step.note,
                "sentence": step.sentence,
            }
            for step in story_of(self.workflow, row, self.request.user)  # type: ignore[attr-defined]
        ]

    @extend_schema(responses=StepSerializer(many=True))
    @action(detail=True, methods=["get"], url_path="events", url_name="events")
    def events(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The story of the row."""
        refuse_unknown_parameters(request, frozenset())
        return Response(self.events_answer(self.get_object()))  # type: ignore[attr-defined]

"""How the steps of a case look in the OpenAPI document: told from the fields of their forms, not typed again."""

from typing import Any

from django import forms
from rest_framework import serializers

from suzhou_portal.lib.cases.inputs import KINDS, kind_of
from suzhou_portal.lib.cases.workflow import Workflow
from suzhou_portal.lib.rows.scope import NOTHING, Scope
from suzhou_portal.lib.text.free_text import CONFIRM


class InputSerializer(serializers.Serializer):
    """What an action asks for."""

    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.ChoiceField([kind.name for kind in KINDS])
    required = serializers.BooleanField()  # type: ignore[assignment]
    choices = serializers.ListField(
        child=serializers.DictField(),
        allow_null=True,
        help_text="{value, label}，至多 200 项；列表和上报的回答中不给出",
    )


class ActionSerializer(serializers.Serializer):
    """An action that the user may take now."""

    action = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    inputs = serializers.DictField(child=InputSerializer())


class StepSerializer(serializers.Serializer):
    """A step of a story."""

    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True, help_text="空为系统")
    action = serializers.CharField()
    to = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python and cannot be an attribute."""
        return {**super().get_fields(), "from": serializers.CharField(allow_null=True)}


class Reader:
    """Stands for whoever reads the OpenAPI document: sees nothing, may do nothing."""

    pk = None
    is_authenticated = False

    def scope_for(self, verb: str | None = None) -> Scope:
        """No place."""
        return NOTHING

    def can(self, verb: str) -> bool:
        """Nothing."""
        return False


def request_of(workflow: Workflow) -> type[serializers.Serializer]:
    """What may be sent with a step: ``version``, and the inputs of all steps by name, told from the fields of their
    forms (the factories of which are given a blank row). Which step asks for which, each row says in
    ``available_actions``.
    """
    found: dict[str, serializers.Field] = {"version": serializers.IntegerField(required=False, min_value=1)}
    for transition in workflow.transitions:
        for name, factory in transition.inputs.items():
            if transition.automatic:
                continue
            field = _input_field(factory(workflow.model(), Reader()), transition.label)
            if name not in found or _length(field) > _length(found[name]):
                found[name] = field
    found[CONFIRM] = serializers.BooleanField(
        required=False, help_text="文字疑似含身份证号、手机号等时，核对无误后填 true"
    )
    return type(f"{workflow.model.__name__}ActionRequestSerializer", (serializers.Serializer,), found)


def _length(field: serializers.Field) -> int:
    """How long the text of a field may be: one name may ask for more in one step than in another."""
    return getattr(field, "max_length", None) or 0


def _input_field(field: forms.Field, step: str) -> serializers.Field:
    told: dict[str, Any] = {
        "required": False,
        "help_text": f"{step}：{field.label}" if field.label else step,
    }
    kind = kind_of(field)
    if list in kind.takes:
        item = serializers.IntegerField() if kind.name == "numbers" else serializers.CharField()
        return serializers.ListField(child=item, **told)
    if kind.name == "text":
        told["max_length"] = getattr(field, "max_length", None)
    return kind.written(**told)

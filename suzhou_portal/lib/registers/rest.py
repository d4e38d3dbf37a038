"""The REST endpoint of a register: list, retrieve, create, change. Rows are named by their code."""

from collections.abc import Callable, Collection
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.lib.api.answers import ScopedViewSet, StrictSerializerMixin, invalid, read_version
from suzhou_portal.lib.api.versions import versioned
from suzhou_portal.lib.registers.answering import answers_of
from suzhou_portal.lib.registers.tables import field_of, text_of
from suzhou_portal.lib.rows.typed import TypedField
from suzhou_portal.lib.text.free_text import CONFIRM, number_errors

FIXED = "建立以后不能修改。"


@extend_schema_field({"type": "string"})
class CodeField(serializers.SlugRelatedField):
    """Another register's row by its key; written ones must lie in the writer's scope."""

    default_error_messages = {"does_not_exist": "没有“{value}”，或不在您的管辖范围内。", "invalid": "须为编码文字。"}

    def __init__(self, *, register: Any, name: str, **kwargs: Any) -> None:
        self.register, self.name = register, name
        model = register.model._meta.get_field(name).related_model
        super().__init__(slug_field=register.key_of(model), **kwargs)

    def get_queryset(self) -> Any:
        """The rows that may be chosen."""
        user = self.context["request"].user
        serializer = self.root.child if isinstance(self.root, serializers.ListSerializer) else self.root
        return self.register.form_choices(self.name, user, serializer.instance)

    def to_internal_value(self, data: Any) -> Any:
        """The row that ``data`` names."""
        if not isinstance(data, str) or "\x00" in data or len(data) > 100:
            self.fail("invalid")
        return super().to_internal_value(data)


class RegisterSerializer(StrictSerializerMixin, serializers.ModelSerializer):
    """Base of the serializers that :func:`serializer_for` makes; saving is the register's."""

    def to_internal_value(self, data: Any) -> Any:
        """See the base; names and numbers in the form of their columns, before anything is checked."""
        if isinstance(data, dict):
            data = dict(data)
            for field in self.Meta.register.model._meta.concrete_fields:
                if isinstance(field, TypedField) and isinstance(data.get(field.name), str):
                    data[field.name] = field.to_python(data[field.name])
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to change what is fixed at creation, flag texts; the model checks the rest when it is saved."""
        if self.instance is not None:
            for name in self.Meta.register.create_only:
                if name in attrs and attrs.pop(name) != getattr(self.instance, name):
                    raise serializers.ValidationError({name: [FIXED]})
        confirmed = attrs.pop(CONFIRM, False)
        typed = [
            (name, value)
            for name, value in attrs.items()
            if isinstance(value, str) and value != getattr(self.instance, name, None)
        ]
        if errors := number_errors(typed, confirmed=confirmed):
            raise serializers.ValidationError(errors)
        return attrs


def related_field(register: Any, field: Any) -> serializers.Field:
    """How a related row stands in answers: by its key, or by name where its register is none of the reader's."""
    written = field.name in register.fields
    if not written and field.name not in register.filters:
        return serializers.StringRelatedField(many=field.many_to_many)
    if field.many_to_many:
        child = CodeField(register=register, name=field.name, queryset=field.related_model._default_manager)
        return serializers.ManyRelatedField(child, required=False, allow_empty=True)
    if not written:
        return CodeField(register=register, name=field.name, read_only=True)
    return CodeField(
        register=register,
        name=field.name,
        queryset=field.related_model._default_manager,
        required=not field.null and not field.has_default() and field.name not in register.optional,
        allow_null=field.null,
    )


class ComputedField(serializers.ReadOnlyField):
    """A computed column: a figure, or a text as the list shows it."""

    def __init__(self, computed: Any) -> None:
        self.computed = computed
        super().__init__(source="*", label=computed.label)

    def to_representation(self, row: Any) -> Any:
        """The value of ``row``."""
        return self.writer()(row)

    def writer(self) -> Callable[[Any], Any]:
        """What makes the value of a row; see ``lib.registers.answering``."""
        value = self.computed.value
        return value if self.computed.number else lambda row: text_of(value(row))


@extend_schema_field({"type": "integer", "nullable": True})
class NumberField(ComputedField):
    """A computed figure."""


@extend_schema_field({"type": "string"})
class TextField(ComputedField):
    """A computed text."""


def _confirmation() -> serializers.BooleanField:
    words = "文字疑似含身份证号、手机号等时，核对无误后填 true"
    return serializers.BooleanField(write_only=True, required=False, default=False, help_text=words)


def serializer_for(register: Any) -> type[RegisterSerializer]:
    """The serializer of ``register``: what its list shows and its form takes, the key that names a row in addresses,
    and the version.
    """
    names = list(dict.fromkeys((*register.fields, *register.held_columns, *register.in_rest)))
    if register.key != "pk" and register.key not in names:
        names.insert(0, register.key)
    parts: dict[str, Any] = {}
    options: dict[str, dict[str, Any]] = {}
    for name in names:
        field = field_of(register.model, name)
        if name in register.computed:
            computed = register.computed[name]
            parts[name] = NumberField(computed) if computed.number else TextField(computed)
        elif field.is_relation:
            parts[name] = related_field(register, field)
        else:
            options[name] = {"read_only": True} if name not in register.fields else {}
            if name in register.optional:
                options[name] = {"required": False, "allow_blank": True}
    tail = ["version"] if field_of(register.model, "version") else []
    if register.edit_verb and register.fields:
        names.append(CONFIRM)
        parts[CONFIRM] = _confirmation()
    meta = {
        "model": register.model,
        "register": register,
        "fields": ["id", *names, *tail],
        "read_only_fields": ["id", *tail],
        "extra_kwargs": options,
        "validators": [],
    }
    # Two registers may show one model: each answers under a name of its own.
    first = register.site.of(register.model) is register
    name = register.model.__name__ if first else type(register).__name__.removesuffix("Register")
    return type(f"{name}Serializer", (RegisterSerializer,), {**parts, "Meta": type("Meta", (), meta)})


class RegisterViewSet(ScopedViewSet):
    """List and retrieve, in the order of :func:`keyset_of`. POST is for what a subclass has: steps of rows."""

    register: Any = None
    told: Collection[str] = ()  # the columns of which answers are made; (): whatever a serializer of its own reads
    unread: frozenset[str] = frozenset()  # see ``lib.rows.stretches``
    row_serializer_class: Any = None  # how a single row looks in the schema, where it holds more than one of a list
    lookup_value_regex = "[^/]+"
    http_method_names = ["get", "post", "head", "options"]

    def get_queryset(self) -> Any:
        """See ``ScopedViewSet``."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.register.rows(self.request.user)

    def lookup(self, rows: Any, value: str) -> Any:
        """See ``ScopedViewSet``."""
        if self.lookup_field == "pk" and not (value.isascii() and value.isdigit()):
            return None
        return super().lookup(rows, value)

    def list(self, request: Request) -> Response:
        """One page of the rows."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([self.answer(row) for row in page])

    def paginate_queryset(self, queryset: Any) -> Any:
        """See the framework; with what the answers tell, and no more."""
        return super().paginate_queryset(self.register.listed(queryset, self.told) if self.told else queryset)

    @property
    def answer(self) -> Callable[[Any], dict[str, Any]]:
        """What makes the answer of a row."""
        return answers_of(self.get_serializer_class())  # type: ignore[arg-type]  # classes are hashable

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """One row."""
        answer: Response = versioned(request, self.represent(self.get_object()))
        return answer

    def represent(self, row: Any) -> Any:
        """See ``ScopedViewSet``."""
        return self.answer(row)

    def fresh(self, row: models.Model) -> models.Model:
        """``row`` as lists fetch it; as it is when the user may edit but not view it."""
        return self.get_queryset().filter(pk=row.pk).first() or row


class EditableRegisterViewSet(RegisterViewSet):
    """The same with create and change. A change names the ``version`` that it was made from."""

    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_editable(self) -> Any:
        """See ``ScopedViewSet``; the register knows who may change a row."""
        row = self.get_object()
        if not self.register.may_change(self.request.user, row):
            raise PermissionDenied
        return row

    def create(self, request: Request) -> Response:
        """Add a row: 201."""
        if not self.register.may_create(request.user):
            raise PermissionDenied
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = self.register.create(serializer.validated_data, by=request.user)
        return Response(self.represent(self.fresh(row)), status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change a row. 409 when ``version`` is outdated."""
        row = self.get_editable()
        version = read_version(request.data.get("version"))
        if version is None:
            raise invalid(version="请提供所修改内容的版本。")
        serializer = self.get_serializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        row = self.register.update(row, serializer.validated_data, by=request.user, version=version)
        return Response(self.represent(self.fresh(row)))


def keyset_of(register: Any) -> tuple[str, ...]:
    """The order of lists: that of the model (mostly the newest first), where its own columns alone make it and
    are never empty; else that of the key. Ends with a unique column, so that no two rows share a place.
    """
    model = register.model
    own = {field.name: field for field in model._meta.concrete_fields}
    ordering = [str(name) for name in model._meta.ordering]
    fields = [own.get(name.removeprefix("-")) for name in ordering]
    if not fields or any(field is None or field.null or field.is_relation for field in fields):
        return ("id",) if register.key == "pk" else (register.key,)
    if fields[-1].unique:
        return tuple(ordering)
    return (*ordering, "-id" if ordering[-1].startswith("-") else "id")


def viewset_for(register: Any, *mixins: type, **more: Any) -> type[RegisterViewSet]:
    """The viewset class of ``register``, with ``mixins`` before its base, and ``more`` attributes."""
    base = register.viewset_class or (
        EditableRegisterViewSet if register.edit_verb and register.fields else RegisterViewSet
    )
    own = getattr(base, "serializer_class", None)
    made = own or serializer_for(register)
    told = () if own else tuple(made._declared_fields.keys() | set(made.Meta.fields))
    return type(
        f"{register.model.__name__}ViewSet",
        (*mixins, base),
        {
            "told": told,
            "unread": register.unread(told) if told else frozenset(),
            "register": register,
            **more,
            "model": register.model,
            "view_verb": register.view_verb,
            "edit_verb": register.edit_verb,
            "keyset": keyset_of(register),
            "lookup_field": register.key,
            "filterset_class": register.filterset,
            "serializer_class": made,
            "queryset": register.model._default_manager.none(),
        },
    )

"""``/api/v1/covenants/``: read, begin, act, renew, print."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from covenants.agreements.choosing import PartiesForm, may_begin, sides_to_begin
from covenants.agreements.inputs import TermsField
from covenants.agreements.services import begin, renew
from covenants.evaluation.sealing import with_sides
from covenants.evaluation.workflow import with_promises
from covenants.page.schema import (
    BeginSerializer,
    CovenantDetailSerializer,
    CovenantSerializer,
    RenewSerializer,
)
from suzhou_portal.lib.api.answers import refuse_unknown_parameters
from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.registers.rest import RegisterViewSet
from suzhou_portal.lib.text.free_text import CONFIRM, number_errors

NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="协议编号")


@extend_schema_view(
    list=extend_schema(operation_id="covenants_list"),
    retrieve=extend_schema(operation_id="covenants_retrieve", parameters=[NUMBER], responses=CovenantDetailSerializer),
    create=extend_schema(
        operation_id="covenants_create",
        summary="发起商谈",
        request=BeginSerializer,
        responses={201: CovenantDetailSerializer},
    ),
)
class CovenantViewSet(RegisterViewSet):
    """Covenants: list, one by number, begin, act, renew."""

    serializer_class = CovenantSerializer
    row_serializer_class = CovenantDetailSerializer

    def get_queryset(self) -> Any:
        """With all that rights and lists ask of a row, so that a list costs the same however long."""
        return super().get_queryset().prefetch_related(with_promises(), with_sides())

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """One covenant."""
        refuse_unknown_parameters(request, frozenset())
        return super().retrieve(request, **kwargs)

    def create(self, request: Request) -> Response:
        """Begin to negotiate, with a first draft: 201, with the address of the covenant in ``Location``."""
        user = request.user
        if not may_begin(user):
            raise PermissionDenied
        serializer = BeginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        form = self._parties(user, values)
        covenant = form.covenant()
        field = TermsField(covenant)
        try:
            terms = field.clean(values["terms"])
        except ValidationError as error:
            raise Problem(400, "validation_error", errors={"terms": error.messages}) from error
        typed = [("note", values["note"]), ("terms", sorted(terms.texts))]
        if errors := number_errors(typed, confirmed=values[CONFIRM]):
            raise Problem(400, "validation_error", errors=errors)
        covenant = begin(covenant, by=user, terms=terms, note=values["note"])
        location = request.build_absolute_uri(f"/api/v1/covenants/{covenant.number}/")
        return Response(self.represent(covenant), status=status.HTTP_201_CREATED, headers={"Location": location})

    @staticmethod
    def _parties(user: Any, values: Mapping[str, Any]) -> PartiesForm:
        """The parties, valid, from the side of ``user`` that may bring them together. Raises 400."""
        errors: dict[str, list[str]] = {}
        for side in sides_to_begin(user):
            form = PartiesForm({"place": values["place"], "organisation": values["organisation"]}, user=user, side=side)
            if form.is_valid():
                return form
            errors = errors or {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        raise Problem(400, "validation_error", errors=errors)

    @extend_schema(
        operation_id="covenants_renew",
        summary="续约",
        parameters=[NUMBER],
        request=RenewSerializer,
        responses={201: CovenantDetailSerializer},
    )
    @action(detail=True, methods=["post"], url_path="renew", url_name="renew")
    def renew(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Begin the covenant that follows a closed one: 201."""
        row = self.get_object()
        serializer = RenewSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            fresh = renew(row, by=request.user, **serializer.validated_data)
        except PermissionError as error:
            raise PermissionDenied from error
        location = request.build_absolute_uri(f"/api/v1/covenants/{fresh.number}/")
        return Response(self.represent(fresh), status=status.HTTP_201_CREATED, headers={"Location": location})

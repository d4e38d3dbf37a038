"""``/api/v1/covenants/``: read, begin, act, renew, print."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from covenants.agreements.choosing import PartiesForm, may_begin, sides_to_begin
from covenants.agreements.inputs import TermsField
from covenants.agreements.models import Covenant
from covenants.agreements.papers import papers_of
from covenants.agreements.schema import action_name
from covenants.agreements.services import begin, renew
from covenants.agreements.workflow import WORKFLOW
from covenants.evaluation.sealing import with_sides
from covenants.page.answers import covenant_answer, detail_answer
from covenants.page.schema import (
    BeginSerializer,
    CovenantActionSerializer,
    CovenantDetailSerializer,
    CovenantSerializer,
    RenewSerializer,
)
from suzhou_portal.lib.api.answers import refuse_unknown_parameters
from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.cases.papers import KINDS, named
from suzhou_portal.lib.cases.papers_rest import DocumentSerializer, document_file, documents_answer
from suzhou_portal.lib.cases.rest import ActionsMixin
from suzhou_portal.lib.registers.rest import RegisterViewSet
from suzhou_portal.lib.text.free_text import CONFIRM, number_errors

NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="协议编号")


class CovenantDocuments(RegisterViewSet):
    """The documents of a covenant: the list, and each as a file."""

    @extend_schema(
        operation_id="covenants_documents",
        summary="协议的文书",
        parameters=[NUMBER],
        responses=DocumentSerializer(many=True),
    )
    @action(detail=True, methods=["get"], url_path="documents", url_name="documents")
    def documents(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What can be had now, on this machine."""
        refuse_unknown_parameters(request, frozenset())
        covenant = self.get_object()
        root = f"/api/v1/covenants/{covenant.number}/documents/"
        return documents_answer(request, covenant, papers_of(covenant), root)

    @extend_schema(
        operation_id="covenants_document",
        summary="下载协议的文书",
        parameters=[
            NUMBER,
            OpenApiParameter("document", str, OpenApiParameter.PATH, description="文书的 code"),
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(KINDS)),
        ],
        responses={(200, content_type): OpenApiTypes.BINARY for _label, content_type in KINDS.values()},
    )
    @action(detail=True, methods=["get"], url_path=r"documents/(?P<document>[-\w]+)/(?P<kind>\w+)", url_name="document")
    def document(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """The file. 404 for a document or a kind that there is not, 503 where no PDF can be made."""
        refuse_unknown_parameters(request, frozenset())
        covenant, kind = self.get_object(), kwargs["kind"]
        return document_file(request, covenant, named(papers_of(covenant), kwargs["document"]), kind)


@extend_schema_view(
    list=extend_schema(operation_id="covenants_list"),
    retrieve=extend_schema(operation_id="covenants_retrieve", parameters=[NUMBER], responses=CovenantDetailSerializer),
    create=extend_schema(
        operation_id="covenants_create",
        summary="发起商谈",
        request=BeginSerializer,
        responses={201: CovenantDetailSerializer},
    ),
    act=extend_schema(
        operation_id="covenants_act",
        parameters=[NUMBER, action_name(WORKFLOW)],
        request=CovenantActionSerializer,
        responses=CovenantDetailSerializer,
    ),
)
class CovenantViewSet(ActionsMixin, CovenantDocuments):
    """Covenants: list, one by number, begin, act, renew."""

    workflow = WORKFLOW
    serializer_class = CovenantSerializer
    http_method_names = ["get", "post", "head", "options"]

    def get_queryset(self) -> Any:
        """With all that rights and lists ask of a row, so that a list costs the same however long."""
        return super().get_queryset().prefetch_related("commitments", with_sides())

    def list(self, request: Request) -> Response:
        """A page of the covenants in scope."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(
            [{**covenant_answer(row), "available_actions": self.brief_actions(row)} for row in page]
        )

    def represent(self, row: Covenant) -> dict[str, Any]:
        """One covenant with its actions, drafts, promises, evaluations and timeline."""
        fresh = self.get_queryset().get(pk=row.pk)
        user = self.request.user
        return {**detail_answer(fresh, user), "available_actions": self.available_actions(fresh)}

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """One covenant."""
        refuse_unknown_parameters(request, frozenset())
        return Response(self.represent(self.get_object()))

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

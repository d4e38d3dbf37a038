"""``/api/v1/commitments/``, ``/deliveries/``: read, deliver, act, and the evidence of deliveries."""

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from covenants.deliveries.answers import delivery_answer
from covenants.deliveries.files import DELIVERY
from covenants.deliveries.models import Commitment
from covenants.deliveries.schema import DeliverSerializer, DeliveryDetailSerializer, DeliverySerializer
from covenants.deliveries.services import submit_delivery
from covenants.deliveries.workflow import delivery_fields
from suzhou_portal.files.api import attachments_of
from suzhou_portal.lib.api.answers import invalid
from suzhou_portal.lib.cases.rest import read_input
from suzhou_portal.lib.registers.rest import RegisterViewSet
from suzhou_portal.lib.text.free_text import CONFIRM

KEY = OpenApiParameter("pk", int, OpenApiParameter.PATH)


class CommitmentViewSet(RegisterViewSet):
    """Commitments: read, and deliver."""

    @extend_schema(
        operation_id="commitments_deliver",
        summary="提交履约记录",
        parameters=[KEY],
        request=DeliverSerializer,
        responses={201: DeliveryDetailSerializer},
    )
    @action(detail=True, methods=["post"], url_path="deliveries", url_name="deliver")
    def deliveries(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The unit tells what it delivered: 201. 403 for anybody else, 409 when nothing is taken any more."""
        row: Commitment = self.get_object()
        data = dict(request.data)
        confirmed = data.pop(CONFIRM, False)
        fields = delivery_fields(row)
        if unknown := sorted(set(data) - set(fields)):
            raise invalid(**dict.fromkeys(unknown, "没有这个字段。"))
        if not isinstance(confirmed, bool):
            raise invalid(**{CONFIRM: "须为 true 或 false。"})
        inputs = {name: _plain(name, fields[name], value) for name, value in data.items()}
        try:
            delivery = submit_delivery(row, {**inputs, CONFIRM: confirmed}, by=request.user)
        except PermissionError as error:
            raise PermissionDenied from error
        answer = {**delivery_answer(delivery), "available_actions": []}
        location = request.build_absolute_uri(f"/api/v1/deliveries/{delivery.pk}/")
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": location})


def _plain(name: str, field: Any, value: Any) -> Any:
    """Numbers come as text or as numbers."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number and name in ("quantity", "amount") else read_input(name, field, value)


class DeliveryViewSet(RegisterViewSet):
    """Deliveries: read, confirm, return, correct, withdraw."""

    serializer_class = DeliverySerializer
    row_serializer_class = DeliveryDetailSerializer


urlpatterns = [attachments_of("deliveries", DELIVERY)]

"""``/api/v1/attachments/``, and the base of ``/api/v1/<owners>/<id>/attachments/`` for the apps that have them."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.files import serving
from suzhou_portal.files.documents import EXTENSIONS
from suzhou_portal.files.errors import Refused
from suzhou_portal.files.models import Attachment, Kind, Stage
from suzhou_portal.files.owners import OWNERS, Owner
from suzhou_portal.files.services import Upload, attach, may_remove, remove
from suzhou_portal.lib.api.answers import PortalAPIView, StrictSerializerMixin, refuse_unknown_parameters
from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.registers.uploads import takes_files, too_large

TAG = "附件"


class AttachmentSerializer(serializers.Serializer):
    """An attachment as it is answered; for the document only."""

    id = serializers.IntegerField()
    owner_type = serializers.CharField(help_text="所属类型，如 issue")
    owner_id = serializers.IntegerField()
    kind = serializers.ChoiceField(Kind.choices)
    stage = serializers.ChoiceField(Stage.choices)
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="字节")
    width = serializers.IntegerField(allow_null=True, help_text="像素，仅照片")
    height = serializers.IntegerField(allow_null=True)
    has_personal = serializers.BooleanField()
    uploaded_by = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    url = serializers.CharField(help_text="文件地址")
    thumbnail_url = serializers.CharField(allow_null=True, help_text="缩略图地址，仅照片")
    may_remove = serializers.BooleanField(help_text="本人可删除")


class UploadSerializer(StrictSerializerMixin, serializers.Serializer):
    """A file, and what it shows."""

    file = serializers.FileField(help_text="照片（JPEG、PNG、WebP、HEIC）或文档（PDF、docx、xlsx）")
    stage = serializers.ChoiceField(Stage.choices, required=False, default=Stage.OTHER)
    has_personal = serializers.BooleanField(required=False, default=False, help_text="含个人信息，到期随联系方式清除")
    upload_key = serializers.UUIDField(
        required=False, default=None, help_text="由客户端为每个文件生成一次；同一标识和内容只保存一份（长期有效）"
    )


def answer_of(row: Attachment, owner_row: Any, user: Any) -> dict[str, Any]:
    """``row`` as the API answers it; its uploader is fetched."""
    address = f"/api/v1/attachments/{row.pk}/"
    return {
        "id": row.pk,
        "owner_type": row.owner_type,
        "owner_id": row.owner_key,
        "kind": row.kind,
        "stage": row.stage,
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "width": row.width,
        "height": row.height,
        "has_personal": row.has_personal,
        "uploaded_by": row.uploaded_by.name,
        "uploaded_at": timezone.localtime(row.uploaded_at),
        "url": f"{address}download/",
        "thumbnail_url": f"{address}thumbnail/" if row.is_photo else None,
        "may_remove": may_remove(row, owner_row, user),
    }


OWNER_ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="id 或编号")
LISTED = inline_serializer(
    "AttachmentList",
    {
        "next": serializers.CharField(allow_null=True),
        "previous": serializers.CharField(allow_null=True),
        "results": AttachmentSerializer(many=True),
    },
)


class OwnerAttachmentsView(PortalAPIView):
    """An owner's attachments (:func:`attachments_of`): list and upload. ``number`` is the column that addresses may
    name a row by beside its id.
    """

    owner: Owner
    number = ""
    tag = TAG
    parser_classes = [MultiPartParser]

    def required_verb(self) -> str | None:
        """The owner's."""
        return self.owner.view_verb

    def lookup(self, rows: Any, value: str) -> Any:
        """The row of ``rows`` that ``value`` of the address names, or None."""
        found = None
        if value.isascii() and value.isdecimal() and len(value) <= 18:
            found = rows.filter(pk=int(value)).first()
        if found is None and self.number:
            found = rows.filter(**{self.number: value}).first()
        return found

    def owner_row(self, value: str) -> Any:
        """The row of the address. 404 outside the scope."""
        row = None if "\x00" in value else self.lookup(self.owner.rows(self.request.user), value)
        if row is None:
            raise Http404
        return row

    @extend_schema(summary="附件列表", parameters=[OWNER_ID], responses=LISTED)
    def get(self, request: Request, id: str) -> Response:
        """All attachments that the row shows, the oldest first; their number is limited, so there is one page."""
        refuse_unknown_parameters(request, frozenset())
        owner_row = self.owner_row(id)
        shown = Attachment.objects.shown_with(self.owner, owner_row).visible_to(request.user)
        rows = shown.kept().select_related("uploaded_by").order_by("id")
        results = [answer_of(row, owner_row, request.user) for row in rows]
        return Response({"next": None, "previous": None, "results": results})

    @extend_schema(
        summary="上传附件",
        parameters=[OWNER_ID],
        request={"multipart/form-data": UploadSerializer},
        responses={201: AttachmentSerializer},
    )
    def post(self, request: Request, id: str) -> Response:
        """Store one file. 400 with the reason when it is not taken, 409 when the row has no room for it."""
        row = self.owner_row(id)
        if not self.owner.may_add(row, request.user):
            raise PermissionDenied
        data = request.data
        if too_large(request._request):
            raise Problem(413, "too_large", "文件过大，请缩小后再上传。")
        serializer = UploadSerializer(data=data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        try:
            upload = Upload(values["file"], values["stage"], values["has_personal"], values["upload_key"])
            stored = attach(row, upload, by=request.user)
        except Refused as error:
            raise Problem(error.http_status, error.code, str(error), errors={"file": [str(error)]}) from error
        answer = answer_of(stored, row, request.user)
        location = request.build_absolute_uri(f"/api/v1/attachments/{stored.pk}/")
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": location})


def attachments_of(plural: str, owner: Owner, number: str = "") -> URLPattern:
    """The route ``<plural>/<id>/attachments/`` of the rows of ``owner``."""
    view: Any = type(
        f"{owner.model.__name__}AttachmentsView", (OwnerAttachmentsView,), {"owner": owner, "number": number}
    )
    return path(f"{plural}/<str:id>/attachments/", takes_files(view.as_view()), name=f"api-{plural}-attachments")


class _AttachmentView(PortalAPIView):
    """Base of the endpoints of one attachment."""

    tag = TAG

    def check_permissions(self, request: Request) -> None:
        """Signed in, and able to see some kind of owner."""
        super().check_permissions(request)
        user: Any = request.user
        if not any(user.can(owner.view_verb) for owner in OWNERS.values()):
            raise PermissionDenied

    def attachment(self, value: str) -> Attachment:
        """The attachment of the address. 404 outside the scope, and when it is gone."""
        refuse_unknown_parameters(self.request, frozenset())
        rows = Attachment.objects.visible_to(self.request.user)
        return serving.found(rows.select_related("uploaded_by"), value)


KEY = OpenApiParameter("id", str, OpenApiParameter.PATH)


class AttachmentDetailView(_AttachmentView):
    """One attachment: look at what it is, or take it away."""

    @extend_schema(summary="附件详情", parameters=[KEY], responses=AttachmentSerializer)
    def get(self, request: Request, id: str) -> Response:
        """What it is."""
        row = self.attachment(id)
        owner_row = row.owner.rows(request.user).filter(pk=row.owner_key).first()
        return Response(answer_of(row, owner_row, request.user))

    @extend_schema(summary="删除本人上传的附件", parameters=[KEY], responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        """Take one's own away; 403 for others', and when the owner is closed."""
        row = self.attachment(id)
        if not may_remove(row, row.owner.rows(request.user).filter(pk=row.owner_key).first(), request.user):
            raise PermissionDenied
        remove(row, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _file(*types: str) -> dict[Any, Any]:
    return {(200, media): OpenApiResponse(OpenApiTypes.BINARY, "文件内容") for media in types}


class AttachmentDownloadView(_AttachmentView):
    """The file itself."""

    @extend_schema(summary="下载附件", parameters=[KEY], responses=_file("image/jpeg", *EXTENSIONS))
    def get(self, request: Request, id: str) -> HttpResponse:
        """The bytes, with the type of the attachment."""
        return serving.answer(request, self.attachment(id), saving=True)


class AttachmentThumbnailView(_AttachmentView):
    """The small picture."""

    @extend_schema(summary="照片的缩略图", parameters=[KEY], responses=_file("image/jpeg"))
    def get(self, request: Request, id: str) -> HttpResponse:
        """The JPEG; 404 for documents."""
        return serving.answer(request, self.attachment(id), thumbnail=True)


urlpatterns = [
    path("attachments/<str:id>/", AttachmentDetailView.as_view(), name="api-attachment-detail"),
    path("attachments/<str:id>/download/", AttachmentDownloadView.as_view(), name="api-attachment-download"),
    path("attachments/<str:id>/thumbnail/", AttachmentThumbnailView.as_view(), name="api-attachment-thumbnail"),
]

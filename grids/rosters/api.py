"""REST of the roster: a grid's new leader."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from grids.places.models import GridPost
from grids.rosters.forms import LeaderForm
from suzhou_portal.lib.api.answers import StrictSerializerMixin, refuse_unknown_parameters
from suzhou_portal.lib.api.problems import Problem


class LeaderSerializer(StrictSerializerMixin, serializers.Serializer):
    """Who becomes leader of the grid, from when on."""

    name = serializers.CharField(required=False, max_length=40, allow_blank=True, default="")
    telephone = serializers.CharField(required=False, max_length=20, allow_blank=True, default="")
    effective = serializers.DateField(required=False, help_text="生效日期，默认今天")
    reason = serializers.CharField(required=False, max_length=200, allow_blank=True, default="")
    vacant = serializers.BooleanField(required=False, default=False, help_text="现任离任，暂无人接任")
    present = serializers.IntegerField(required=False, allow_null=True, help_text="所见的现任任职 id；不符的为 409")
    not_personal = serializers.BooleanField(required=False, default=False)


class TermSerializer(serializers.Serializer):
    """A term of office."""

    id = serializers.IntegerField()
    grid = serializers.CharField(help_text="网格编码")
    kind = serializers.ChoiceField(GridPost.Kind.choices)
    name = serializers.CharField()
    telephone = serializers.CharField(allow_blank=True)
    starts = serializers.DateField()
    ends = serializers.DateField(allow_null=True)
    version = serializers.IntegerField()


class LeaderMixin:
    """The change of its leader, for the viewset of grids."""

    @extend_schema(summary="更换网格长", request=LeaderSerializer, responses={201: TermSerializer})
    @action(detail=True, methods=["post"], url_path="leader", url_name="leader")
    def leader(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End the present leader's term and begin another: 201 with the term that began (or, vacant, ended)."""
        from grids.rosters.views import set_leader  # noqa: PLC0415 -- pages import the registers

        refuse_unknown_parameters(request, frozenset())
        grid = self.get_editable()
        serializer = LeaderSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        present = grid.posts.filter(kind=GridPost.Kind.LEADER, ends=None).first()
        if "present" in said and said["present"] != (present.pk if present else None):
            raise Problem(409, "stale_version", "现任网格长已变，请核对后再办。")
        form = LeaderForm({**said, "effective": said.get("effective", timezone.localdate())})
        if not form.is_valid():
            raise ValidationError({name: list(errors) for name, errors in form.errors.items()})
        post = set_leader(grid, present, form.cleaned_data, by=request.user)
        names = ("id", "kind", "name", "telephone", "starts", "ends", "version")
        answer = {**{name: getattr(post, name) for name in names}, "grid": grid.code}
        return Response(answer, status=status.HTTP_201_CREATED)

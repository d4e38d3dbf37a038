"""What programs send to report an issue."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from grids.categories.models import category_coded
from grids.issues.models import Severity, Source
from grids.issues.services import Report
from grids.places.finding import place_named
from grids.reporters.models import Contact
from grids.reporters.services import NAME_LENGTH, clean_name, clean_phone
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.api.answers import StrictSerializerMixin
from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.text.free_text import CONFIRM, number_errors


class ContactText(serializers.CharField):
    """A part of the reporter's contact: optional, cleaned by ``clean``, in no answer ever."""

    def __init__(self, clean: Callable[[str], str], **kwargs: Any) -> None:
        self._clean = clean
        super().__init__(required=False, allow_blank=True, default="", write_only=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The cleaned text."""
        return self._clean(super().to_internal_value(data))


class ReportSerializer(StrictSerializerMixin, serializers.Serializer):
    """What a reporter says: place, category and description suffice."""

    place = serializers.CharField(max_length=21, help_text="街道、社区或网格的编码")
    category = serializers.CharField(max_length=10, help_text="小类编码")
    description = serializers.CharField(max_length=2000)
    address = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    severity = serializers.ChoiceField(Severity.choices, required=False, default=Severity.NORMAL)
    source = serializers.ChoiceField(Source.choices, required=False, allow_blank=True, default="")
    submission_key = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="由客户端为每件上报生成一次；同一标识再次提交，得到首次的那一件（长期有效）",
    )
    contact_name = ContactText(
        clean_name, max_length=NAME_LENGTH, help_text="反映人姓名或称呼；加密保存，任何回答中都不给出"
    )
    contact_phone = ContactText(
        clean_phone, max_length=30, help_text="反映人手机号或固定电话；加密保存，任何回答中都不给出"
    )
    not_personal = serializers.BooleanField(
        required=False, default=False, help_text="文字疑似含身份证号、手机号等时，核对无误后填 true"
    )

    def report(self, user: Any) -> Report:
        """The report, its codes looked up in the scope of ``user``. Raises the problem 400."""
        values = dict(self.validated_data)
        errors: dict[str, list[str]] = {}
        place = place_named(values["place"], user, Verb.ISSUES_REPORT)
        if place is None:
            errors["place"] = ["没有这个地点，或不在您的上报范围内。"]
        category = category_coded(values["category"])  # reference data, open to everybody who is signed in
        if category is None:
            errors["category"] = ["没有这个分类，请填写启用的小类编码。"]
        texts = [(name, values[name]) for name in ("description", "address")]
        errors |= number_errors(texts, confirmed=values.pop(CONFIRM))
        if errors or place is None or category is None:
            raise Problem(400, "validation_error", errors=errors)
        contact = Contact(values.pop("contact_name"), values.pop("contact_phone"))
        return Report(**{**values, "place": place, "category": category, "contact": contact})

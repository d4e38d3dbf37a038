"""The organisations that the street links."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from streets.hub.models import Street
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.rows.typed import TelephoneField
from suzhou_portal.lib.text.canonical import pinyin_key


class OrganisationQuerySet(ScopedQuerySet):
    """Questions to the organisations."""

    def active(self) -> "OrganisationQuerySet":
        """Organisations that still exist."""
        return self.filter(is_active=True)


class Organisation(Versioned):
    """单位: a department, co-building unit, property company or social organisation, or several at once.

    Without a street it belongs to the district and stands in everybody's directory.
    """

    located = True

    code = models.CharField(
        "编码",
        max_length=30,
        unique=True,
        # It stands in addresses.
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", "编码由大写字母、数字和短横组成。")],
        error_messages={"unique": "该编码已被使用。"},
    )
    name = models.CharField("名称", max_length=80, unique=True, error_messages={"unique": "该名称已被使用。"})
    short_name = models.CharField("简称", max_length=30, blank=True)
    is_department = models.BooleanField("职能部门", default=False)
    is_unit = models.BooleanField("共建单位", default=False)
    is_five_link = models.BooleanField("“五联双报到”单位", default=False)
    is_property = models.BooleanField("物业公司", default=False)
    is_social = models.BooleanField("社会组织", default=False)
    street = models.ForeignKey(
        Street, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="所在街道"
    )
    community = models.ForeignKey(
        "communities.Community",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="所在社区",
    )
    address = models.CharField("地址", max_length=100, blank=True)
    telephone = TelephoneField("联系电话", max_length=20, blank=True)
    is_active = models.BooleanField("启用", default=True)
    pinyin = models.CharField(max_length=200, blank=True, editable=False)

    kept_for_lists = True
    scope_rule = PlaceRule(
        grid=None,
        organisations=("id",),
        upper_street="street_id",
        open_to_all=Q(street__isnull=True),
    )
    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.short_name or self.name

    def clean(self) -> None:
        """Fill the street from the community, keep the pinyin key, ask for at least one kind."""
        super().clean()
        self.pinyin = pinyin_key(self.short_name or self.name)
        if self.community_id is not None:
            if self.street_id not in (None, self.community.street_id):
                raise ValidationError({"community": "所选社区不属于该街道。"})
            self.street_id = self.community.street_id
        if not (self.is_department or self.is_unit or self.is_property or self.is_social):
            raise ValidationError({"is_unit": "请至少选择一种单位类型。"})

    @property
    def kinds(self) -> list[str]:
        """The Chinese names of the organisation's kinds."""
        names = ("is_department", "is_unit", "is_five_link", "is_property", "is_social")
        return [str(self._meta.get_field(name).verbose_name) for name in names if getattr(self, name)]

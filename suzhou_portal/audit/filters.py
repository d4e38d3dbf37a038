"""The filter of the trail."""

from datetime import date, datetime, time, timedelta

import django_filters as filters
from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone

from suzhou_portal.audit.describing import action_choices, may_be_searched
from suzhou_portal.audit.models import AuditEntry

# A search for words without a first day looks this far back, so that it never reads all years.
WINDOW = timedelta(days=365)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
# People of the same name; more are not told apart by a name.
NAMESAKES = 100


def type_choices() -> list[tuple[str, str]]:
    """(type, Chinese name) of everything that the trail may speak of: the models with Chinese names."""
    found = [(model._meta.label_lower, str(model._meta.verbose_name)) for model in apps.get_models()]
    return sorted((code, name) for code, name in found if not name.isascii() and not code.startswith(_FOREIGN))


_FOREIGN = ("auth.", "axes.", "contenttypes.", "sessions.")


def day_start(day: date) -> datetime:
    """The first moment of ``day`` here."""
    return timezone.make_aware(datetime.combine(day, time.min))


class AuditFilterForm(forms.Form):
    """Checks what concerns two parameters together."""

    def clean(self) -> dict[str, object]:
        """The first day must not come after the last."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and first > last:
            self.add_error("to", "结束日期不能早于开始日期。")
        return cleaned


def _day(label: str, method: str) -> filters.DateFilter:
    return filters.DateFilter(
        label=label,
        method=method,
        widget=forms.DateInput({"data-day": True, "placeholder": "2026-11-30", "maxlength": "10"}, "%Y-%m-%d"),
        error_messages={"invalid": "请按 2026-11-22 的样子填写日期。"},
        validators=[MinValueValidator(FIRST_DAY, "日期太早。"), MaxValueValidator(LAST_DAY, "日期太晚。")],
    )


class AuditFilter(filters.FilterSet):
    """Narrows the trail. ``from`` and ``to`` are days, both included. An invalid value finds nothing."""

    actor = filters.CharFilter(label="操作人", method="by_actor", max_length=40)
    action = filters.ChoiceFilter(label="动作", choices=action_choices, empty_label="全部")
    type = filters.ChoiceFilter(label="对象类型", field_name="object_type", choices=type_choices, empty_label="全部")
    object = filters.CharFilter(label="对象编号或名称", method="by_object", max_length=60)
    source = filters.ChoiceFilter(label="来源", choices=AuditEntry.Source.choices, empty_label="全部")
    request_id = filters.CharFilter(label="请求编号", method="by_request", max_length=36)
    address = filters.CharFilter(label="来源地址", lookup_expr="exact", max_length=45)
    q = filters.CharFilter(label="事由", method="by_words", max_length=60)

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()
        form = AuditFilterForm

    def by_actor(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Entries of whoever has this account name, mobile number or name."""
        meant = Q(username=value) | Q(phone=value) | Q(name=value)
        users = get_user_model()._default_manager  # unscoped: for the auditor, who sees all of them
        return rows.filter(actor__in=list(users.filter(meant).values_list("pk", flat=True)[:NAMESAKES]))

    def by_object(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Entries about the object with this key, or for anything but a plain number, whose name has the text; also
        about the account that is called so.
        """
        users = get_user_model()  # unscoped: for the auditor, who sees all of them
        called = users._default_manager.filter(Q(username__iexact=value) | Q(phone=value)).values_list("pk", flat=True)
        account = Q(object_type=users._meta.label_lower, object_id__in=[str(key) for key in called])
        if value.isdecimal() and not value.startswith("0"):
            return rows.filter(Q(object_id=value) | account)
        return rows.filter(Q(object_id=value) | account | Q(object_label__icontains=value) & may_be_searched())

    def by_request(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Everything written by one request."""
        return rows.filter(request_id=value.lower().replace("-", ""))

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Entries with the text in their reason."""
        return rows.filter(may_be_searched(), reason__icontains=value)

    def not_before(self, rows: QuerySet, name: str, value: date) -> QuerySet:
        """Entries of this day and later."""
        return rows.filter(at__gte=day_start(value))

    def not_after(self, rows: QuerySet, name: str, value: date) -> QuerySet:
        """Entries of this day and earlier."""
        return rows.filter(at__lt=day_start(value + timedelta(days=1)))

    @property
    def reaches_back(self) -> date | None:
        """The day before which a search was not made; None when all days were searched."""
        given = self.form.cleaned_data if self.is_bound and self.is_valid() else {}
        slow = any(given.get(name) for name in ("object", "q", "request_id", "address"))
        return timezone.localdate() - WINDOW if slow and not given.get("from") else None

    @property
    def qs(self) -> QuerySet:
        """The filtered entries, within :attr:`reaches_back`; none while a filter is invalid."""
        if self.is_bound and not self.is_valid():
            return self.queryset.none()
        rows = super().qs
        return rows.filter(at__gte=day_start(self.reaches_back)) if self.reaches_back else rows


# ``from`` is no name in Python.
AuditFilter.base_filters["from"] = _day("从", "not_before")
AuditFilter.base_filters["to"] = _day("到", "not_after")

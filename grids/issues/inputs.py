"""What the actions of an issue ask for: factories of form fields ``(issue, user) -> Field``."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from grids.categories.models import Level
from grids.issues.models import Issue
from grids.issues.reach import OrganisationChoice
from grids.issues.rights import levels_held
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb


def organisations_for(issue: Issue, user: Any) -> QuerySet[Organisation]:
    """Whom ``user`` may dispatch ``issue`` to: any organisation in their directory for the street
    and the district; for the community its units, property companies and social organisations
    (departments are called in by the street: domain, grids/2).
    """
    rows = Organisation.objects.active().visible_to(user, Verb.ORGANISATIONS_VIEW).order_by("code")
    if Level.STREET in levels_held(user.scope_for(Verb.ISSUES_KEEP), issue):
        return rows
    return rows.filter(Q(is_unit=True) | Q(is_property=True) | Q(is_social=True))


class IssueNumberField(forms.CharField):
    """An issue of ``rows``, by number; cleaned to the issue. ``missing``: what is told where there is none."""

    def __init__(self, rows: QuerySet[Issue], *, missing: str, label: str = "事件编号", **kwargs: Any) -> None:
        line = forms.TextInput(attrs={"autocomplete": "off", "placeholder": "例：SZ-2026-000123"})
        told = {"required": "请填写事件编号。"}
        super().__init__(**{"max_length": 20, "label": label, "widget": line, "error_messages": told, **kwargs})
        self.rows, self.missing = rows, missing

    def clean(self, value: Any) -> Issue | None:
        """The issue. Raises ``ValidationError``."""
        number = super().clean(value).strip().upper()
        if not number:
            return None
        found = self.rows.filter(number=number).first()
        if found is None:
            raise ValidationError(self.missing, code="invalid_choice")
        return found


def organisation(issue: Issue, user: Any) -> forms.Field:
    return OrganisationChoice(
        label="承办单位",
        queryset=organisations_for(issue, user),
        user=user,
        error_messages={"required": "请选择承办单位。", "invalid_choice": "没有这个单位，请重新选择。"},
    )

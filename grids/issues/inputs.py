"""What the actions of an issue ask for: factories of form fields ``(issue, user) -> Field``."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from grids.categories.models import Level
from grids.issues.models import Issue
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


def organisation(issue: Issue, user: Any) -> forms.Field:
    return forms.ModelChoiceField(
        label="承办单位",
        queryset=organisations_for(issue, user),
        error_messages={"required": "请选择承办单位。", "invalid_choice": "没有这个单位，请重新选择。"},
    )

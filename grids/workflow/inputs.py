"""What the actions of an issue ask for: factories of form fields ``(issue, user) -> Field``."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.functional import lazy
from django.utils.html import escape

from grids.models import Issue
from grids.models.categories import Level
from grids.rights import levels_held
from grids.routing import Rule, acting_level, refusal, rules
from streets.models import Organisation
from suzhou_portal.accounts.roles import Verb


def note(label: str, *, required: bool, placeholder: str = "") -> Any:
    def factory(issue: Issue, user: Any) -> forms.Field:
        return forms.CharField(
            label=label,
            required=required,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3, "placeholder": placeholder}),
            error_messages={"required": f"请填写{label}。"},
        )

    return factory


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


def advice(issue: Issue, user: Any) -> tuple[Rule | None, str]:
    """The routing rule for ``issue``, and why ``user`` cannot follow it ("": they can). No query."""
    rule = rules().rule_for(issue)
    if rule is None:
        return None, ""
    level = acting_level(levels_held(user.scope_for(Verb.ISSUES_KEEP), issue), issue.level)
    return rule, refusal(rule, level, issue.street_id)


def advised_organisation(issue: Issue, user: Any) -> forms.Field:
    """The organisation, preselected by the routing rule, which is named below. Asked for on pages only."""

    def chosen() -> int | None:
        rule, reason = advice(issue, user)
        return rule.organisation if rule and not reason else None

    def why() -> str:
        rule, reason = advice(issue, user)
        if rule is None:
            return ""
        # help_text goes into the page as it stands
        return escape(f"路由规则“{rule.sentence}”未采用：{reason}。" if reason else f"按路由规则：{rule.sentence}")

    field = organisation(issue, user)
    field.initial = chosen
    field.help_text = lazy(why, str)()
    return field


def rule_followed(issue: Issue, chosen: Any) -> int | None:
    """The key of the routing rule that sends ``issue`` to the organisation ``chosen``; None where a person chose."""
    rule = rules().rule_for(issue)
    return rule.pk if rule and chosen is not None and rule.organisation == chosen.pk else None


OPTIONAL_NOTE = {"note": note("说明", required=False)}
REASON = {"note": note("原因", required=True)}

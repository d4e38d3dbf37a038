"""What a routing rule advises where somebody dispatches an issue."""

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.html import escape

from grids.issues.inputs import organisation
from grids.issues.models import Issue
from grids.issues.rights import levels_held
from grids.routing.rules import Rule, acting_level, refusal, rules
from suzhou_portal.accounts.roles import Verb


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

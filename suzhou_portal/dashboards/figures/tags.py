"""Filters of the dashboards' templates."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from suzhou_portal.dashboards.figures.of_issues import percent

register = template.Library()


@register.filter
def thousands(value: Any) -> str:
    """A count with its thousands set off: ``1,684``; nothing counts as 0."""
    return f"{value or 0:,}"


@register.simple_tag
def share(numerator: int, denominator: int) -> SafeString:
    """``93.1%`` with its counts in quiet type; fewer than ten cases: the counts only; none: a dash."""
    if not denominator:
        return format_html('<span class="muted">{}</span>', "—")
    counts = f"{numerator:,}/{denominator:,}"
    rate = percent(numerator, denominator)
    if rate is None:
        return format_html("{}", counts)
    return format_html('{}% <span class="muted small">{}</span>', f"{rate:.1f}", counts)

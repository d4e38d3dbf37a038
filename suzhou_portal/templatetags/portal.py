"""Template tags and filters of the portal, loaded in every template (see ``TEMPLATES``).

The functions behind them are plain, so that code that renders rows without templates
writes the same marks: :func:`light_html`, :func:`short_time`, :func:`rate_text`.
"""

import datetime as dt
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from suzhou_portal.lib.registers.panels import Shown, panels_of
from suzhou_portal.lib.text.snippets import highlight

register = template.Library()

# Light → shape and word: never colour alone (domain: "Clock").
LIGHTS = {"normal": ("●", "正常"), "soon": ("▲", "临期"), "overdue": ("■", "超期"), "paused": ("◇", "挂账")}
# A rate over fewer cases than this says nothing: show the counts only (look: "Ground rules").
SMALL_DENOMINATOR = 10
NOTHING = "—"


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("icons.svg")


@lru_cache(maxsize=200)
def icon_html(name: str) -> SafeString:
    """The icon ``name`` of static/icons.svg, hidden from screen readers: words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', _sprite(), name
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """``{% icon "plus" %}``: see :func:`icon_html`. New icons: add the name to static/vendor/lock.json."""
    return icon_html(name)


@lru_cache(maxsize=16)
def light_html(value: str, word: str = "") -> SafeString:
    """The traffic light ``normal``, ``soon``, ``overdue`` or ``paused``: shape and word; "" for any other value.

    ``word`` replaces the usual one, e.g. "按期" on a closed case.
    """
    if value not in LIGHTS:
        return SafeString("")
    shape, usual = LIGHTS[value]
    return format_html(
        '<span class="light light-{}"><span class="light-shape" aria-hidden="true">{}</span>{}</span>',
        value,
        shape,
        word or usual,
    )


@register.simple_tag
def light(value: Any, word: str = "") -> SafeString:
    """``{% light issue.light %}``: see :func:`light_html`."""
    return light_html(str(value or ""), word)


@register.simple_tag
def chip(value: Any, label: Any) -> SafeString:
    """``{% chip issue.status issue.get_status_display %}``: a status as a quiet chip, styled by its code."""
    return format_html('<span class="chip chip-{}">{}</span>', value or "none", label)


@register.simple_tag(takes_context=True)
def panels(context: template.Context, obj: Any) -> SafeString:
    """``{% panels object %}``: what other apps show beside a row (``lib.registers.panels``), a section each."""
    request = context["request"]
    shown = panels_of(obj, request.user)
    parts = ((one.panel.name, one.panel.title, _panel_html(one, context)) for one in shown)
    frame = (
        '<section class="sheet panel panel-{0}" aria-labelledby="panel-{0}"><h2 id="panel-{0}">{1}</h2>{2}</section>'
    )
    return format_html_join("\n", frame, parts)


def _panel_html(one: Shown, context: template.Context) -> SafeString:
    values = {"object": context.get("object"), **one.context}
    return get_template(one.panel.template).render(values, context["request"])


@register.filter
def marked(value: Any, words: Any) -> Any:
    """``{{ issue.description|marked:searched }}``: the text with the words of a search in ``<mark>``, escaped."""
    return highlight(str(value), words).html() if words and value else value


def _local(value: dt.datetime) -> dt.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def short_time(value: dt.datetime | dt.date | None) -> str:
    """A time in a table: "11-22 14:05", a date "11-22"; another year than this one is named. "—" for none."""
    if not isinstance(value, dt.date):  # a datetime is a date
        return NOTHING
    local = _local(value) if isinstance(value, dt.datetime) else value
    text = f"{local.month:02}-{local.day:02}"
    if local.year != timezone.localdate().year:
        text = f"{local.year}-{text}"
    return f"{text} {local.hour:02}:{local.minute:02}" if isinstance(local, dt.datetime) else text


@register.filter
def long_date(value: dt.date | None) -> str:
    """A date in running text: "2026年11月22日"; "—" for none."""
    if not isinstance(value, dt.date):
        return NOTHING
    local = _local(value) if isinstance(value, dt.datetime) else value
    return f"{local.year}年{local.month}月{local.day}日"


@register.filter
def money_wan(value: Any) -> str:
    """An amount in yuan as ten-thousands: 2114000 → "211.40 万元"; "—" for none."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return NOTHING
    return f"{amount / 10000:,.2f} 万元" if amount.is_finite() else NOTHING


def rate_text(numerator: int | None, denominator: int | None) -> str:
    """A rate with its counts: "93.1%(95/102)"; fewer than ten cases "3/7"; none "—"."""
    if not denominator:
        return NOTHING
    counts = f"{numerator or 0}/{denominator}"
    if denominator < SMALL_DENOMINATOR:
        return counts
    return f"{(numerator or 0) * 100 / denominator:.1f}%({counts})"


@register.simple_tag
def rate(numerator: int | None, denominator: int | None) -> str:
    """``{% rate closed due %}``: as :func:`rate_text`, the counts smaller and beside it."""
    text, bracket, counts = rate_text(numerator, denominator).partition("(")
    if not bracket:
        return text
    return format_html("{}<small> {}</small>", text, counts.rstrip(")"))

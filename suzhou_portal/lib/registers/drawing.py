"""Fields of forms as markup, written by functions: one template per attribute was most of the cost of a form.

Each function draws what the template of its name draws (``django/forms/widgets/``, ``forms/field.html``), escaped as
there: texts that are marked safe stay as they are. Widgets with another template are drawn by it.
"""

import html
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from suzhou_portal.lib.registers.searchable import search_words

Context = Mapping[str, Any]
# So many choices are looked over; among more one finds by typing (static/js/picker.js).
FEW = 12
OPTIONAL = '<span class="optional">（选填）</span>'


def _text(value: Any) -> str:
    """``value`` escaped, not localised: 1000 and not 1,000."""
    if type(value) is str:  # by far the most
        return html.escape(value)
    return conditional_escape(value if isinstance(value, str) else str(value))


def attributes(attrs: Mapping[str, Any]) -> str:
    """`` name="value"`` for each; True stands by its name alone, False is left out."""
    if not attrs:
        return ""
    parts = []
    for name, value in attrs.items():
        if value is True:
            parts.append(f" {_text(name)}")
        elif value is not False:
            parts.append(f' {_text(name)}="{_text(value)}"')
    return "".join(parts)


def _input(widget: Mapping[str, Any]) -> str:
    value = f' value="{_text(widget["value"])}"' if widget["value"] is not None else ""
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{attributes(widget["attrs"])}>'


def _textarea(widget: Mapping[str, Any]) -> str:
    text = _text(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_text(widget["name"])}"{attributes(widget["attrs"])}>\n{text}</textarea>'


def _many(widget: Mapping[str, Any]) -> bool:
    return sum(len(options) for _group, options, _index in widget["optgroups"]) > FEW


def _select(widget: Mapping[str, Any]) -> str:
    """A select; with many options one that is found by typing, each option by its pinyin, too."""
    attrs = widget["attrs"]
    if typed := "data-combobox" in attrs or _many(widget):
        attrs = {**attrs, "data-combobox": ""}
    parts = [f'<select name="{_text(widget["name"])}"{attributes(attrs)}>', widget.get("drawn") or ""]
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'<optgroup label="{_text(group)}">')
        for option in options:
            own = attributes(option["attrs"])
            if typed and option["value"]:
                own += f' data-words="{search_words(str(option["label"]))}"'
            parts.append(f'<option value="{_text(option["value"])}"{own}>{_text(option["label"])}</option>')
        if group:
            parts.append("</optgroup>")
    return "\n".join([*parts, "</select>"])


def _ticks(widget: Mapping[str, Any]) -> str:
    """Check boxes; never a wall of them: among many one finds by typing, and what is taken stands as words."""
    if not _many(widget):
        return _choices(widget)
    chosen = [
        (group, [{**option, "attrs": {"selected": True} if option["selected"] else {}} for option in options], index)
        for group, options, index in widget["optgroups"]
    ]
    attrs = {**widget["attrs"], "class": "form-select", "multiple": True}
    return _select({**widget, "attrs": attrs, "optgroups": chosen})


def _choices(widget: Mapping[str, Any]) -> str:
    """Radio buttons or check boxes, as Tabler draws them."""
    key, css = widget["attrs"].get("id"), widget["attrs"].get("class")
    parts = [f"<div{attributes({k: v for k, v in (('id', key), ('class', css)) if v})}>"]
    begun = False
    for group, options, _index in widget["optgroups"]:
        parts.append(f"<div><label>{_text(group)}</label>" if group else "")
        for option in options:
            own = option["attrs"].get("id")
            if begun and "autofocus" in option["attrs"]:  # the first has it
                option = {**option, "attrs": {k: v for k, v in option["attrs"].items() if k != "autofocus"}}
            begun = True
            label = f' for="{_text(own)}"' if own else ""
            words = f'<span class="form-check-label">{_text(option["label"])}</span>'
            parts.append(f'<div><label class="form-check"{label}>{_input(option)}{words}</label></div>')
        parts.append("</div>" if group else "")
    return "".join([*parts, "</div>"])


def _suggest(widget: Mapping[str, Any]) -> str:
    """A typed choice with suggestions: see ``lib.registers.choices.SuggestInput``."""
    more: dict[str, Any] = {"placeholder": "名称、拼音或编码"}
    if address := widget["suggest_url"]:
        more["data-combobox-url"] = address
    return _input({**widget, "type": "text", "attrs": {**widget["attrs"], **more}})


def draw_field(field: Any) -> str:
    """One bound field: label, input, help, errors. What is ``needed_sometimes`` is not called optional."""
    if field.is_hidden:
        return str(field)
    errors = field.errors
    help_id = f' id="{field.auto_id}_helptext"' if field.auto_id else ""
    notes = f'<div class="form-hint"{help_id}>{field.help_text}</div>' if field.help_text else ""
    notes += str(errors) if errors else ""
    wrong = " has-error" if errors else ""
    label, key = _text(field.label), _text(field.id_for_label)
    if field.widget_type == "checkbox":
        inside = f'<label class="form-check" for="{key}">{field}<span class="form-check-label">{label}</span></label>'
        return f'<div class="field field-check{wrong}">\n{inside}\n{notes}</div>'
    optional = "" if field.field.required or getattr(field.field, "needed_sometimes", False) else OPTIONAL
    if field.use_fieldset:
        told = f' aria-describedby="{_text(field.aria_describedby)}"' if field.aria_describedby else ""
        legend = f'<legend class="form-label">{label}{optional}</legend>'
        return f'<fieldset class="field{wrong}"{told}>\n{legend}\n{field}\n{notes}</fieldset>'
    head = f'<label class="form-label" for="{key}">{label}{optional}</label>' if field.label else ""
    return f'<div class="field{wrong}">\n{head}\n{field}\n{notes}</div>'


_WIDGETS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    **{
        f"django/forms/widgets/{name}.html": _input
        for name in ("text", "number", "email", "password", "hidden", "date", "datetime", "time", "checkbox", "file")
    },
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/radio.html": _choices,
    "django/forms/widgets/checkbox_select.html": _ticks,
    "generic/suggest.html": _suggest,
}


def drawn(template_name: str, context: Context) -> SafeString | None:
    """What the template draws, where a function here does; None where it has to be asked."""
    if template_name == "forms/field.html":
        return SafeString(draw_field(context["field"]))
    draw = _WIDGETS.get(template_name)
    return SafeString(draw(context["widget"])) if draw else None

"""How forms look: every Django form renders with the portal's labels, help and errors.

``{{ form }}`` and ``{{ form.x.as_field_group }}`` go through ``lib.registers.drawing``. A widget
gets its CSS class while it is rendered, so no form has to name one, django-filter's
included. The page writes the ``<form>`` element, with ``novalidate``: the
server's messages stand beside the fields, in Chinese, on every browser.
"""

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest

from suzhou_portal.lib.registers.drawing import drawn
from suzhou_portal.lib.registers.layout import draw_record

# What a template of django/forms/widgets/ is drawn with; inputs not listed are text fields.
WIDGET_CLASSES = {"select": "form-select", "checkbox": "form-check-input", "radio": "form-check-input"}
UNSTYLED = frozenset({"hidden", "submit", "button", "image"})


def widget_class(widget: dict[str, Any]) -> str:
    """The CSS classes of a widget, from the context that Django renders it with; "" for none."""
    name = str(widget.get("template_name", "")).rpartition("/")[2].removesuffix(".html")
    kind = str(widget.get("type", "")) or name
    if kind in UNSTYLED or widget.get("is_hidden") or "subwidgets" in widget:
        return ""
    if name in {"radio", "checkbox_select"}:  # the group; its inputs are drawn one by one
        return "choices"
    if name == "select_date" or name.startswith("multi"):
        return ""
    css = WIDGET_CLASSES.get(kind, "form-control")
    if widget.get("attrs", {}).get("aria-invalid"):
        css += " is-invalid"
    return css


class PortalFormRenderer(TemplatesSetting):
    """Renders forms, fields and widgets with the portal's templates and CSS classes."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"  # of lib.registers.drawing

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Render one template; a widget's own ``class`` is kept and the portal's added before it."""
        widget = context.get("widget")
        if widget is not None:
            self._dress(widget)
        markup = draw_record(context) if template_name == "forms/record.html" else drawn(template_name, context)
        return super().render(template_name, context, request) if markup is None else markup

    def _dress(self, widget: dict[str, Any]) -> None:
        css = widget_class(widget)
        if css:
            attrs = widget.setdefault("attrs", {})
            own = str(attrs.get("class", ""))
            attrs["class"] = " ".join(dict.fromkeys(f"{css} {own}".split()))
        # Radio buttons and check boxes of a choice are included by their group's template,
        # without passing here again. Options of a <select> take no class.
        if css == "choices":
            for _group, options, _index in widget.get("optgroups", ()):
                for option in options:
                    option["attrs"]["class"] = "form-check-input"
        for part in widget.get("subwidgets", ()):
            self._dress(part)

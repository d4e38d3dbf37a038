"""What forms and filters of a register let one choose from: rows in scope, named by their key."""

from functools import cache
from typing import Any

from django import forms
from django.db import models
from django.db.models import Q

from suzhou_portal.lib.registers.choices import PickField
from suzhou_portal.lib.registers.tables import field_at, value_at
from suzhou_portal.lib.rows.kept import KeptBy
from suzhou_portal.lib.rows.scope import Scope
from suzhou_portal.lib.rows.stretches import stretch

# No select is longer.
MOST = 10_000
Models = tuple[type[models.Model], ...]


@cache
def options_of(*deciding: type[models.Model]) -> KeptBy[tuple[str, str, Scope], list[tuple[str, str]]]:
    """The options of filters that rows of the models ``deciding`` decide, by register, filter and scope."""
    labels = tuple(model._meta.label for model in deciding)
    return KeptBy(f"registers.options.{'.'.join(labels).lower()}", of=labels)


class Choosing:
    """The choices of a register (its base): see the module."""

    model: type[models.Model]
    name: str
    view_verb: str
    edit_verb: str | None = None
    paths: dict[str, str] = {}  # filters over fields of related rows: name → path, e.g. "street": "covenant__street"
    list_url: str
    site: Any

    def field_of(self, name: str) -> Any:
        """The field that a filter or form field is about, also of a related row."""
        return field_at(self.model, self.paths.get(name, name))

    def key_of(self, model: type[models.Model]) -> str:
        """What names a row of ``model`` in forms, files and the API."""
        return target.key if (target := self.site.of(model)) else "pk"

    def is_long(self, model: type[models.Model]) -> bool:
        """True when rows of ``model`` are typed rather than selected."""
        return bool((target := self.site.of(model)) and target.long)

    def _related_rows(self, name: str, user: Any, verb: str) -> Any:
        model: Any = self.field_of(name).related_model
        target = self.site.of(model)
        # unscoped: narrowed by the next line
        rows = target.queryset() if target else model._default_manager.all()
        return rows.visible_to(user, verb)

    def form_choices(self, name: str, user: Any, obj: Any = None) -> Any:
        """The rows that ``user`` may choose in the form field ``name``; what ``obj`` has stays choosable."""
        model: Any = self.model._meta.get_field(name).related_model
        target = self.site.of(model)
        rows = self._related_rows(name, user, str(self.edit_verb))
        if target is None or not target.pickable:
            return rows
        chosen = Q()
        if obj is not None and obj.pk is not None:
            value = value_at(obj, name)
            chosen = Q(pk__in=value.values("pk")) if hasattr(value, "values") else Q(pk=value.pk) if value else Q()
        return rows.filter(target.pickable | chosen if chosen else target.pickable)

    def filter_choices(self, name: str, user: Any) -> Any:
        """The rows that ``user`` may filter by in ``name``."""
        if user is None:
            return self.field_of(name).related_model._default_manager.none()
        return self._related_rows(name, user, self.view_verb)

    def offers_by_scope(self, name: str) -> bool:
        """The rows of :meth:`filter_choices` follow from the scope and from rows of :meth:`deciding` alone."""
        return type(self).filter_choices is Choosing.filter_choices

    def deciding(self, name: str) -> Models:
        """The models whose rows decide which ones the filter ``name`` offers in a scope."""
        model: Any = self.field_of(name).related_model
        return (model,)

    def filter_options(self, name: str, user: Any) -> list[tuple[str, str]]:
        """What a select offers to filter by in ``name``: (key, label) of :meth:`filter_choices`; kept by scope where it
        follows from the scope alone.
        """
        model: Any = self.field_of(name).related_model
        key, deciding = self.key_of(model), self.deciding(name)

        def load() -> list[tuple[str, str]]:
            rows = self.filter_choices(name, user).prefetch_related(None)
            return [(str(getattr(row, key)), str(row)) for row in stretch(rows, 0, MOST)]

        by_scope = all(one.scope_rule.by_scope for one in deciding)  # type: ignore[attr-defined]
        if not (by_scope and self.offers_by_scope(name)):
            return load()
        return options_of(*deciding).get((self.name, name, user.scope_for(self.view_verb)), load)

    def offers_several(self, name: str, user: Any, *, in_form: bool = False) -> bool:
        """There is more than one row to filter by in ``name``, or to choose ``in_form``: of a long list, of which two
        are looked for. True where that does not follow from the scope alone.
        """
        model: Any = self.field_of(name).related_model
        plain = type(self).form_choices is Choosing.form_choices if in_form else self.offers_by_scope(name)
        if not (model.scope_rule.by_scope and plain):
            return True
        scope = user.scope_for(self.edit_verb if in_form else self.view_verb)

        def load() -> list[tuple[str, str]]:
            rows = self.form_choices(name, user) if in_form else self.filter_choices(name, user)
            return [(str(key), "") for key in rows.order_by().values_list("pk", flat=True)[:2]]

        found = len(options_of(model).get((self.name, f"{name} of several {in_form}", scope), load))
        return found > 1 or (in_form and not found)

    def offered(self, name: str, user: Any) -> list[tuple[str, str]] | None:
        """What a filter that names no rows offers to ``user``, where that depends on the reader; None: what it says."""
        return None

    def choice_field(self, name: str, field: forms.ModelChoiceField, user: Any, obj: Any) -> forms.ModelChoiceField:
        """``field`` over the rows that ``user`` may choose, named by their key."""
        rows, key = self.form_choices(name, user, obj), self.key_of(field.queryset.model)
        target = self.site.of(field.queryset.model)
        if target and target.long and not isinstance(field, forms.ModelMultipleChoiceField):
            told: dict[str, Any] = {"required": field.required, "label": field.label, "help_text": field.help_text}
            url = f"{self.list_url}choices/{name}/?in=form"
            return PickField(rows, key=key, url=url, describe=target.describe, **told)
        field.queryset, field.to_field_name = rows, key
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.widget = forms.CheckboxSelectMultiple()
            field.widget.choices = field.choices
            if target:
                field.label_from_instance = target.describe  # type: ignore[method-assign]
        return field

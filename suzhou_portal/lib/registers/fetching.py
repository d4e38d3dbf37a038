"""Which rows a register shows, and what of them and of the rows that they name is fetched."""

from collections.abc import Collection
from typing import Any

from django.db import models

from suzhou_portal.lib.registers.choosing import Choosing
from suzhou_portal.lib.registers.tables import field_of
from suzhou_portal.lib.rows.scope import is_confidential
from suzhou_portal.lib.rows.stretches import is_kept


class Fetching(Choosing):
    """The rows of a register (its base); see the module, and ``Register`` for what is declared."""

    columns: tuple[str, ...] = ()
    more_columns: tuple[str, ...] = ()
    # What names and computed columns need besides: other rows by path ("grid__parent"), long texts of its own.
    joined: tuple[str, ...] = ()
    details: tuple[str, ...] = ()  # empty: columns, more columns and form fields
    fields: tuple[str, ...] = ()

    def queryset(self) -> Any:
        """All rows, with what their columns show. Not scoped: use :meth:`rows`."""
        found = [field for field in self._shown_fields() if not is_confidential(field.related_model)]
        single = [field.name for field in found if field.many_to_one]
        many = [field.name for field in found if field.many_to_many]
        # unscoped: rows() and editable() narrow it
        rows = self.model._default_manager.all().prefetch_related(*many)
        single += [path for path in self.joined if self._is_row(path)]
        return rows.select_related(*single) if single else rows

    def _is_row(self, path: str) -> bool:
        return "__" in path or bool(self.model._meta.get_field(path).is_relation)

    def _shown_fields(self) -> list[Any]:
        names = {*self.columns, *self.more_columns, *self.details, *self.fields}
        return [field for name in sorted(names) if (field := field_of(self.model, name)) is not None]

    def _pointing(self) -> list[Any]:
        """The fields that name confidential rows."""
        return [field for field in self._shown_fields() if is_confidential(field.related_model)]

    def rows(self, user: Any) -> Any:
        """The rows that ``user`` may see; confidential rows that they name are there only for who may know them."""
        # unscoped: narrowed at once
        known = [(field.name, field.related_model._default_manager.visible_to(user)) for field in self._pointing()]
        rows = self.queryset().visible_to(user, self.view_verb)
        return rows.prefetch_related(*(models.Prefetch(name, queryset=rows) for name, rows in known)) if known else rows

    def listed(self, rows: Any, names: Collection[str]) -> Any:
        """``rows`` as a list of the columns ``names`` needs them: without the other rows that only details and forms
        name. What computed columns read of other rows has to stand in ``joined``.
        """
        kept = {*names, *(path.partition("__")[0] for path in self.joined)}
        costly = (f for f in self._shown_fields() if f.concrete and f.is_relation and not is_kept(f))
        idle = {field.name for field in costly} - kept
        rows, asked = rows.all(), rows.query.select_related
        if isinstance(asked, dict):
            rows.query.select_related = {name: below for name, below in asked.items() if name not in idle} or False
        prefetched = [lookup for lookup in rows._prefetch_related_lookups if lookup not in idle]
        rows._prefetch_related_lookups = tuple(prefetched)
        return rows

    def unread(self, names: Collection[str]) -> frozenset[str]:
        """The long texts of rows that a list of the columns ``names`` need not fetch."""
        return frozenset(
            field.name
            for field in self.model._meta.concrete_fields
            if isinstance(field, (models.TextField, models.JSONField)) and field.name not in (*names, *self.joined)
        )

"""What the page of a row asks for every row of its register: statements that are written once per reader
(``lib.rows.written``), in which the row's key alone differs.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.http import HttpRequest, QueryDict

from suzhou_portal.lib.registers.filters import PickFilter, RowFilter
from suzhou_portal.lib.rows.counts import capped_counts, written_counts
from suzhou_portal.lib.rows.written import written, written_rows

SAMPLE = 987_654_321  # stands for the key


def row_called(register: Any, user: Any, key: str) -> Any:
    """The row of ``register`` with this key among those that ``user`` sees, or None."""
    meta = register.model._meta
    field = meta.pk if register.key == "pk" else meta.get_field(register.key)
    sample = field.to_python(str(SAMPLE))

    def build() -> Any:
        return register.rows(user).filter(**{register.key: sample})[:1]

    asked: dict[str, Any] = {"samples": (sample,), "values": (field.to_python(key),)}
    return next(iter(written_rows("registers.row", user, build, register.name, **asked)), None)


def is_editable(register: Any, user: Any, row: Any) -> bool:
    """``row`` is among those that ``user`` may change."""

    def build() -> tuple[str, Sequence[Any], None]:
        own = register.model._default_manager.editable_by(user, register.edit_verb)
        return (*own.order_by().filter(pk=SAMPLE).values_list("pk")[:1].query.sql_with_params(), None)

    try:
        return bool(written("registers.editable", user, build, register.name, samples=(SAMPLE,)).rows(row.pk))
    except EmptyResultSet:
        return False


def _is_plain(other: Any, name: str) -> bool:
    """The filter ``name`` of ``other`` chooses rows by a column that names a row, and does nothing else."""
    found = other.filterset.base_filters.get(name)
    return type(found) in (PickFilter, RowFilter) and found.method is None


def counts_below(
    register: Any, row: Any, lists: Sequence[tuple[Any, str, QueryDict]], request: HttpRequest, cap: int
) -> list[int]:
    """How many rows belong to ``row`` in each of ``lists``: (register, its filter, query string). One statement, the
    same for all rows where no filter does more than its column says.
    """
    user = request.user
    if not all(_is_plain(other, name) for other, name, _query in lists):
        made = (other.filterset.asked(query, queryset=other.rows(user), request=request) for other, _, query in lists)
        return capped_counts([one.qs for one in made], cap)

    def build() -> list[Any]:
        columns = ((other, other.filterset.base_filters[name].field_name) for other, name, _query in lists)
        return [other.rows(user).filter(**{column: SAMPLE}) for other, column in columns]

    asked: dict[str, Any] = {"samples": (SAMPLE,), "values": (row.pk,)}
    return written_counts("registers.below", user, build, cap, register.name, **asked)

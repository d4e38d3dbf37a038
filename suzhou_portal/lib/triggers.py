"""Database triggers for what constraints cannot say, the same on PostgreSQL and SQLite.

They are (re)made after every ``migrate``: Django's SQLite table rebuilds drop them, and a
model that gains :class:`~suzhou_portal.lib.located.Located` gets its own without a
migration that somebody must remember.
"""

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model


def refuse_changes(connection: BaseDatabaseWrapper, table: str) -> None:
    """Make ``table`` append-only: the database refuses UPDATE and DELETE."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION portal_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME "
                "USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
            cursor.execute(
                f'CREATE OR REPLACE TRIGGER "{table}_append_only" BEFORE UPDATE OR DELETE ON "{table}" '
                "FOR EACH ROW EXECUTE FUNCTION portal_append_only()"
            )
        else:
            for verb in ("UPDATE", "DELETE"):
                cursor.execute(
                    f'CREATE TRIGGER IF NOT EXISTS "{table}_no_{verb.lower()}" BEFORE {verb} ON "{table}" '
                    "BEGIN SELECT RAISE(ABORT, 'table is append-only'); END"
                )


# level column → (its table, the column above that it must agree with)
PLACE_PARENTS = {
    "community_id": ("communities_community", "street_id"),
    "grid_id": ("grids_grid", "community_id"),
    "parent_id": ("grids_grid", "community_id"),
}


def refuse_inconsistent_places(connection: BaseDatabaseWrapper, table: str, columns: set[str]) -> None:
    """Refuse rows of ``table`` whose community is not in their street or grid not in their community.

    ``columns`` are the table's columns; levels that it does not have are not checked.
    """
    checks = []
    for column, (parent_table, upper) in PLACE_PARENTS.items():
        if column in columns and upper in columns:
            checks.append(
                f"(NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {parent_table} p "
                f"WHERE p.id = NEW.{column} AND p.{upper} = NEW.{upper}))"
            )
    if not checks:
        return
    condition = " OR ".join(checks)
    watched = ", ".join(sorted(columns & {"street_id", *PLACE_PARENTS}))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {table}_place_check() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF {condition} THEN RAISE EXCEPTION 'inconsistent place' "
                "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
            )
            cursor.execute(
                f'CREATE OR REPLACE TRIGGER "{table}_place" BEFORE INSERT OR UPDATE OF {watched} ON "{table}" '
                f"FOR EACH ROW EXECUTE FUNCTION {table}_place_check()"
            )
        else:
            for name, event in (("insert", "INSERT"), ("update", f"UPDATE OF {watched}")):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_place_{name}"')
                cursor.execute(
                    f'CREATE TRIGGER "{table}_place_{name}" BEFORE {event} ON "{table}" '
                    f"WHEN {condition} BEGIN SELECT RAISE(ABORT, 'inconsistent place'); END"
                )


def install(connection: BaseDatabaseWrapper, models: Iterable[type[Model]]) -> None:
    """(Re)make the triggers that ``models`` ask for: ``append_only = True`` and ``located = True``."""
    for model in models:
        if getattr(model, "append_only", False):
            refuse_changes(connection, model._meta.db_table)
        if getattr(model, "located", False):
            columns = {field.column for field in model._meta.concrete_fields if field.column and _is_place(field)}
            refuse_inconsistent_places(connection, model._meta.db_table, columns)


def _is_place(field: Any) -> bool:
    """False for a ``parent`` that is no place above in the grid but something else (the whole of an issue)."""
    above = PLACE_PARENTS.get(field.column)
    return above is None or field.related_model._meta.db_table == above[0]

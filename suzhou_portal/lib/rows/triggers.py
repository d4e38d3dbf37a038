"""Database triggers for what constraints cannot say, the same on PostgreSQL and SQLite.

They are (re)made after every ``migrate``: Django's SQLite table rebuilds drop them, and a
model that gains :class:`~suzhou_portal.lib.rows.places.Located` gets its own without a
migration that somebody must remember.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from suzhou_portal.audit.trail import ERASED


def refuse_changes(connection: BaseDatabaseWrapper, model: type[Model]) -> None:
    """Make the table of ``model`` append-only: the database refuses UPDATE and DELETE.

    Texts and JSON columns named in ``model.erasable`` may still lose something: an UPDATE passes
    when no other column changes and each changed one is its old value with parts replaced by the
    mark of erasure. So personal data can be taken out of the past, and nothing be put in.
    """
    table, erasable = model._meta.db_table, tuple(getattr(model, "erasable", ()))
    columns = [field.column for field in model._meta.concrete_fields if field.column]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_append_only_function(table, erasable))
            cursor.execute(
                f'CREATE OR REPLACE TRIGGER "{table}_append_only" BEFORE UPDATE OR DELETE ON "{table}" '
                f'FOR EACH ROW EXECUTE FUNCTION "{table}_append_only"()'
            )
            return
        for verb in ("UPDATE", "DELETE"):
            cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_{verb.lower()}"')
            allowed = _erases_only(columns, erasable) if verb == "UPDATE" and erasable else "0"
            cursor.execute(
                f'CREATE TRIGGER "{table}_no_{verb.lower()}" BEFORE {verb} ON "{table}" '
                f"WHEN coalesce({allowed}, 0) = 0 BEGIN SELECT RAISE(ABORT, 'table is append-only'); END"
            )


def _append_only_function(table: str, erasable: tuple[str, ...]) -> str:
    """PostgreSQL: the function of the trigger of ``table``."""
    erases = "false"
    if erasable:
        others = f"ARRAY[{', '.join(repr(name) for name in erasable)}]"
        unchanged = f"to_jsonb(NEW) - {others} = to_jsonb(OLD) - {others}"
        some = " OR ".join(f"NEW.{name}::text IS DISTINCT FROM OLD.{name}::text" for name in erasable)
        # The new value as a pattern: what stands between the marks is literal, a mark is anything.
        literal = "replace(replace(replace(NEW.{0}::text, '\\', '\\\\'), '%', '\\%'), '_', '\\_')"
        pattern = f"replace({literal}, '{ERASED}', '%')"
        fits = " AND ".join(
            f"(NEW.{name}::text IS NOT DISTINCT FROM OLD.{name}::text OR OLD.{name}::text LIKE {pattern.format(name)})"
            for name in erasable
        )
        erases = f"TG_OP = 'UPDATE' AND {unchanged} AND ({some}) AND {fits}"
    return (
        f'CREATE OR REPLACE FUNCTION "{table}_append_only"() RETURNS trigger LANGUAGE plpgsql AS '
        f"$$ BEGIN IF {erases} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )


def _erases_only(columns: list[str], erasable: tuple[str, ...]) -> str:
    """SQLite: the condition under which an UPDATE only takes something out of the ``erasable`` columns."""
    unchanged = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in columns if name not in erasable)
    some = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in erasable)
    fits = []
    for name in erasable:
        # As on PostgreSQL, with GLOB, which minds case. JSON may hold the mark as escapes.
        pattern = f'NEW."{name}"'
        for old, new in (("[", "[[]"), ("*", "[*]"), ("?", "[?]"), (ERASED, "*"), (json.dumps(ERASED)[1:-1], "*")):
            pattern = f"replace({pattern}, '{old}', '{new}')"
        fits.append(f'(NEW."{name}" IS OLD."{name}" OR OLD."{name}" GLOB {pattern})')
    return f"({unchanged}) AND ({some}) AND {' AND '.join(fits)}"


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
    """(Re)make the triggers that ``models`` ask for: ``append_only = True`` (with ``erasable``), ``located = True``."""
    for model in models:
        if getattr(model, "append_only", False):
            refuse_changes(connection, model)
        if getattr(model, "located", False):
            columns = {field.column for field in model._meta.concrete_fields if field.column and _is_place(field)}
            refuse_inconsistent_places(connection, model._meta.db_table, columns)


def _is_place(field: Any) -> bool:
    """False for a ``parent`` that is no place above in the grid but something else (the whole of an issue)."""
    above = PLACE_PARENTS.get(field.column)
    return above is None or field.related_model._meta.db_table == above[0]

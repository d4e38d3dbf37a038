"""What the database refused: the words of the constraint, which forms ask before and races find out."""

from typing import Any

from django.db import IntegrityError, models

CONFLICT = "与已有的数据冲突，请核对后重新保存。"


def broken(error: IntegrityError, model: type[models.Model]) -> str:
    """The ``violation_error_message`` of the constraint of ``model`` that ``error`` tells of; "" for other errors."""
    found = next((one for one in model._meta.constraints if _names(error, one, model)), None)
    if found is None:
        return ""
    own = found.violation_error_message != found.default_violation_error_message
    return str(found.violation_error_message) if own else CONFLICT


def _names(error: IntegrityError, constraint: Any, model: type[models.Model]) -> bool:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if name:
        return bool(constraint.name == name)
    told = str(error)  # SQLite: "CHECK constraint failed: <name>", "UNIQUE constraint failed: <table>.<column>, …"
    columns = [model._meta.get_field(field).column for field in getattr(constraint, "fields", ())]
    unique = ", ".join(f"{model._meta.db_table}.{column}" for column in columns)
    return told.endswith(f": {constraint.name}") or (bool(unique) and told.endswith(f": {unique}"))

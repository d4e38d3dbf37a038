"""Numbers that the portal works with and the district may change: declared in code, stored as rows.

An app declares its parameters in ``<app>/<topic>/parameters.py``, which is found by itself::

    GRACE = declare("grids.climb_grace", "超期后自动升级的宽限", default=7, unit="工作小时", maximum=70)

and elsewhere asks for ``parameter(GRACE)``.

The default is the platform's, no rule of the district; the page 办理参数 says so.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps

from suzhou_portal.lib.rows.kept import Kept
from suzhou_portal.lib.rows.written import depends_on


@dataclass(frozen=True)
class Declared:
    """A whole number with its Chinese name, unit, bounds (both included) and what it is for."""

    code: str
    label: str
    default: int
    unit: str
    minimum: int
    maximum: int
    hint: str


DECLARED: dict[str, Declared] = {}


def declare(code: str, label: str, *, default: int, unit: str, maximum: int, minimum: int = 0, hint: str = "") -> str:
    """Make a parameter known; returns its code. Raises ``ValueError`` for a code taken by another one."""
    declared = Declared(code, label, default, unit, minimum, maximum, hint)
    if DECLARED.setdefault(code, declared) != declared:
        raise ValueError(f"parameter {code} is declared twice")
    return code


def _load() -> dict[str, int]:
    return dict(apps.get_model("rules.Parameter")._default_manager.values_list("code", "value"))


KEPT = Kept("rules.parameters", _load)
depends_on("rules.Parameter")


def parameter(code: str) -> int:
    """The value in force; no query while it is kept. Raises ``KeyError`` for an undeclared code."""
    declared = DECLARED[code]
    return KEPT.get().get(code, declared.default)


def store_missing(**kwargs: Any) -> None:
    """Give every declared parameter its row, with the default (a ``post_migrate`` receiver; safe to run again)."""
    rows = apps.get_model("rules.Parameter")._default_manager
    rows.bulk_create(
        [rows.model(code=declared.code, value=declared.default) for declared in DECLARED.values()],
        ignore_conflicts=True,
    )

"""Whether anybody can sign in for a place or an organisation today: what is sent to nobody is said so, where it is
chosen, where it was sent, and to whoever sent it.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import ROLE_TARGET

NOBODY = "无人可登录"
# A grid is looked after by its own leaders and by those of the grids above it.
_ABOVE = {"grid": ("", "parent", "parent__parent")}


def attended(side: str, path: str = "") -> Exists:
    """The condition that somebody who can sign in today acts for the ``side`` (street, community, grid, area,
    organisation) that a row is, or names at ``path``.
    """
    roles = [role for role, target in ROLE_TARGET.items() if target == side]
    there = Q()
    for above in _ABOVE.get(side, ("",)):
        steps = [step for step in (path, above) if step]
        there |= Q(**{side: OuterRef(f"{'__'.join(steps)}_id" if steps else "pk")})
    # unscoped: that there is somebody, not who
    held = Assignment.objects.current().filter(role__in=roles, user__is_active=True)
    return Exists(held.filter(there))


def unattended(side: str, keys: Iterable[int]) -> frozenset[int]:
    """Those of ``keys`` for which nobody can sign in. One query, none for no keys."""
    wanted = set(keys)
    if not wanted:
        return frozenset()
    rows: Any = Assignment._meta.get_field(side).related_model
    # unscoped: of rows that the caller has fetched
    return frozenset(rows._base_manager.filter(~attended(side), pk__in=wanted).values_list("pk", flat=True))

"""Loading the demo district: places, people, accounts, then what happens there; all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from grids.issues.models import Issue
from grids.places.models import Grid
from suzhou_portal.accounts.models import User
from suzhou_portal.audit import trail
from suzhou_portal.lib.demo.steps import District, make
from suzhou_portal.lib.rows.reference import load_reference

ISSUES = 20_000


class NotEmpty(Exception):
    """The database already holds grids or accounts that the demo district would collide with."""


@dataclass(frozen=True)
class Wish:
    """What to load: ``scale`` 1 is the article's district with a year of about 20,000 issues.

    The scale multiplies the issues only: the places, their leaders and units are the district's.
    """

    scale: float
    seed: int
    today: date

    @property
    def issues(self) -> int:
        """How many issues are wished for."""
        return round(ISSUES * self.scale)


def is_loaded() -> bool:
    """True when there are issues already: nothing made up may be added to them."""
    return Issue.objects.exists()  # unscoped: demo loader


@transaction.atomic
def load(wish: Wish, *, password: str, progress: Callable[[int], object] = lambda written: None) -> dict[str, int]:
    """Write the demo district into a database without issues; returns rows written by Chinese name.

    Raises :class:`NotEmpty` where grids or accounts with the demo's names exist. One audit
    entry tells of the whole: entries per made-up row would claim things that nobody did.
    """
    load_reference()
    if Grid.objects.exists() or User.objects.filter(username="district").exists():  # unscoped: demo loader
        raise NotEmpty
    counts = make(District(wish.seed, wish.today, wish.issues, password, progress))
    changes = {"rows": counts, "scale": wish.scale, "seed": wish.seed, "today": wish.today.isoformat()}
    trail.record("demo.load", None, by=None, changes=changes, reason="载入演示数据")
    return counts

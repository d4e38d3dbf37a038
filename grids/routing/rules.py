"""Which routing rule an issue falls under, and whether it may be followed.

The rules are few and every report asks for them, so each process keeps them (``lib.rows.kept``)
and finds the one that counts without a query. The most specific place wins, then the most
specific category: grid (the lowest first) > community > street > district, and at the same
place kind > group > any. No two rules share category and place, so there are no ties.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from django.db.models import Q

from grids.categories.models import IssueCategory, Level
from grids.places.models import Grid
from grids.routing.models import RoutingRule
from suzhou_portal.lib.rows.kept import Kept

# Levels whose people do not dispatch to departments: the street calls these in (domain, grids/2).
BELOW_STREET = frozenset({Level.GRID, Level.COMMUNITY})
CALLED_BY_STREET = "职能部门须由街道召集"
CLOSED_DOWN = "该单位已停用"
ELSEWHERE = "该单位不在本街道"


class Placed(Protocol):
    """What rules ask of an issue: keys of its category and places."""

    @property
    def category_id(self) -> int: ...
    @property
    def street_id(self) -> int: ...
    @property
    def community_id(self) -> int | None: ...
    @property
    def grid_id(self) -> int | None: ...


@dataclass(frozen=True)
class Rule:
    """A rule in force reduced to keys (0: none, i.e. any) and words."""

    pk: int
    category: int
    street: int
    community: int
    grid: int
    organisation: int
    organisation_name: str
    organisation_street: int
    is_called: bool  # the organisation is a department alone, which only the street calls in
    organisation_active: bool
    automatic: bool
    words: str  # "路灯故障 × 东北街街道"

    @classmethod
    def of(cls, row: RoutingRule) -> "Rule":
        """The rule of a row, which need not be saved (0 stands for its key then)."""
        organisation = row.organisation
        return cls(
            pk=row.pk or 0,
            category=row.category_id or 0,
            street=row.street_id or 0,
            community=row.community_id or 0,
            grid=row.grid_id or 0,
            organisation=organisation.pk,
            organisation_name=str(organisation),
            organisation_street=organisation.street_id or 0,
            is_called=not (organisation.is_unit or organisation.is_property or organisation.is_social),
            organisation_active=organisation.is_active,
            automatic=row.automatic,
            words=str(row),
        )

    @property
    def place(self) -> tuple[str, int]:
        """The most specific place: its level ("" for the district) and key."""
        levels = (("grid", self.grid), ("community", self.community), ("street", self.street))
        return next(((level, key) for level, key in levels if key), ("", 0))

    @property
    def sentence(self) -> str:
        """The rule in words: "路灯故障 × 东北街街道 → 供电公司"."""
        return f"{self.words} → {self.organisation_name}"


class Rules:
    """A set of rules, and which of them counts for an issue."""

    def __init__(
        self, rules: Iterable[Rule], grids_above: dict[int, tuple[int, ...]], groups: dict[int, int | None]
    ) -> None:
        """``grids_above``: grid → itself and the grids above it, nearest first (as far as they have rules);
        ``groups``: category → the group that it stands under.
        """
        self._grids_above, self._groups = grids_above, groups
        self._by_subject = {(rule.place, rule.category): rule for rule in rules}

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._by_subject.values())

    def rule_for(self, issue: Placed) -> Rule | None:
        """The rule that counts for ``issue``, the most specific one; None when none covers it. No query."""
        return next(self.covering(issue), None)

    def covering(self, issue: Placed) -> Iterator[Rule]:
        """All rules that cover ``issue``, the most specific first."""
        if not self._by_subject:
            return
        categories = dict.fromkeys((issue.category_id, self._groups.get(issue.category_id) or 0, 0))
        for place in self._places_of(issue):
            for category in categories:
                if rule := self._by_subject.get((place, category)):
                    yield rule

    def _places_of(self, issue: Placed) -> Iterator[tuple[str, int]]:
        for key in self._grids_above.get(issue.grid_id or 0, ()):
            yield "grid", key
        yield "community", issue.community_id or -1
        yield "street", issue.street_id
        yield "", 0


def refusal(rule: Rule, level: str, street_id: int) -> str:
    """Why an issue in ``street_id`` is not dispatched by ``rule`` at ``level``; "" when it is.

    What the people of that level may choose themselves (``grids.issues.inputs.organisations_for``)
    a rule may do for them, and no more.
    """
    if not rule.organisation_active:
        return CLOSED_DOWN
    if level != Level.DISTRICT and rule.organisation_street not in (0, street_id):
        return ELSEWHERE
    if level in BELOW_STREET and rule.is_called:
        return CALLED_BY_STREET
    return ""


def compiled(rows: Iterable[RoutingRule]) -> Rules:
    """The set of ``rows`` (with organisation, category and places fetched); at most two queries."""
    rules = [Rule.of(row) for row in rows]
    if not rules:
        return Rules((), {}, {})
    # unscoped: the tree of places and categories behind rules that the caller has fetched
    groups = dict(IssueCategory.objects.values_list("pk", "parent_id"))
    return Rules(rules, _grids_above({rule.grid for rule in rules if rule.grid}), groups)


def _grids_above(keys: set[int]) -> dict[int, tuple[int, ...]]:
    if not keys:
        return {}
    below = Grid.objects.filter(Q(pk__in=keys) | Q(parent__in=keys) | Q(parent__parent__in=keys))
    return {
        line[0]: tuple(key for key in line if key in keys)
        for line in below.values_list("pk", "parent_id", "parent__parent_id")
    }


def stored() -> list[RoutingRule]:
    """The rules in force with all that :func:`compiled` asks for; one query."""
    # unscoped: what is settled for a place holds there for everybody
    rows = RoutingRule.objects.filter(is_active=True)
    return list(rows.select_related("category", "street", "community", "grid__parent", "organisation"))


_KEPT = Kept(
    "grids.routing",
    lambda: compiled(stored()),
    of=(
        *("streets.Street", "streets.Organisation", "communities.Community"),
        *("grids.Grid", "grids.IssueCategory", "grids.RoutingRule"),
    ),
)
forget = _KEPT.forget


def rules() -> Rules:
    """The rules in force as they stand; at most three queries when they are not kept, else none."""
    return _KEPT.get()


def acting_level(held: frozenset[str], level: str) -> str:
    """The level as which somebody who holds the levels ``held`` dispatches an issue of ``level``."""
    upper = next((upper.value for upper in (Level.DISTRICT, Level.STREET) if upper in held), "")
    return upper or (level if level in BELOW_STREET else Level.COMMUNITY.value)

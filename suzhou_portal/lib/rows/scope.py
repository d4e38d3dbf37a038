"""Who sees which rows: declared once per model, asked everywhere through ``visible_to``.

A model names a :class:`ScopeRule` in its ``scope_rule`` attribute and uses
:class:`ScopedQuerySet` as its manager. ``visible_to(user, verb)`` then answers the rows
inside the user's scope: everything for the district, rows of their places and below for
place roles, the rows that name their organisation for organisation roles.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from django.apps import apps
from django.db import models
from django.db.models import Q


@dataclass(frozen=True)
class Scope:
    """The places and organisations that a user's assignments reach, as primary keys.

    ``grids`` already contains the grids below, and those of the ``areas``. ``upper_streets`` and
    ``upper_communities`` are the places above the user's own: they open directories (organisations), not rows.
    """

    district: bool = False
    streets: frozenset[int] = frozenset()
    communities: frozenset[int] = frozenset()
    grids: frozenset[int] = frozenset()
    organisations: frozenset[int] = frozenset()
    areas: frozenset[int] = frozenset()
    upper_streets: frozenset[int] = frozenset()
    upper_communities: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        own = self.streets or self.communities or self.grids or self.organisations or self.areas
        return bool(self.district or own)

    def holds(self, *, street: int | None, community: int | None, grid: int | None) -> bool:
        """True when a row at these places lies in this scope (organisations aside)."""
        return (
            self.district
            or street in self.streets
            or (community is not None and community in self.communities)
            or (grid is not None and grid in self.grids)
        )

    def holds_row(self, row: Any) -> bool:
        """True when ``row``, which names its places, lies in this scope."""
        return self.holds(street=row.street_id, community=row.community_id, grid=getattr(row, "grid_id", None))

    def keeps(self, way: str = "") -> Q | None:
        """The rows that are for the people of this scope to see to: of its communities, and of its streets what names
        no community; ``way`` leads to the row that names the place. None without either.
        """
        found = among(f"{way}community_id", self.communities) if self.communities else None
        if not self.streets:
            return found
        street = Q(**{f"{way}community": None}) & among(f"{way}street_id", self.streets)
        return street if found is None else found | street


NOTHING = Scope()


class ScopedUser(Protocol):
    """What scoping asks of a user: a scope per verb (``None``: any verb)."""

    def scope_for(self, verb: str | None = None) -> Scope: ...


def among(path: str, keys: frozenset[int]) -> Q:
    """``path`` equals one of ``keys``; a plain equality for a single key (the common case)."""
    if len(keys) == 1:
        return Q(**{path: next(iter(keys))})
    return Q(**{f"{path}__in": keys})


def held(verb: str) -> Callable[[Any, Any], bool]:
    """The right to take a step with a row (``lib.cases.workflow``): ``verb``, in the place of the row."""
    return lambda row, user: user.scope_for(verb).holds_row(row)


def kept(verb: str, rows: Q | Callable[[], Q], way: str = "") -> Callable[[Any], Q | None]:
    """Which of ``rows`` wait for a user (``lib.cases.waiting``): those that they see to with ``verb``. ``rows`` is a
    condition, or a function where it depends on the day; ``way`` leads to the row that names the place.
    """

    def mine(user: Any) -> Q | None:
        own = user.scope_for(verb).keeps(way)
        return None if own is None else own & (rows() if callable(rows) else rows)

    return mine


class ScopeRule:
    """Base of the rules: how a model hangs on places and organisations.

    ``by_scope``: who has the same scope sees the same rows, whoever it is, as long as these rows (and their parts)
    stay as they are.
    """

    by_scope = False

    def q(self, scope: Scope) -> Q | None:
        """The condition for a non-empty ``scope``, or None for no row at all."""
        raise NotImplementedError

    def own(self) -> "ScopeRule":
        """The same rule without what stands open to others (directories): what may be edited."""
        return self


@dataclass(frozen=True)
class PlaceRule(ScopeRule):
    """Rows that name their places (and organisations) by columns or forward paths.

    ``upper_*`` opens rows of the places above to those below: for directories only. ``open_to_organisations``
    opens some rows to everybody who sits in an organisation (open needs to units), not to other places.
    """

    by_scope = True
    street: str | None = "street_id"
    community: str | None = "community_id"
    grid: str | None = "grid_id"
    area: str | None = None
    organisations: tuple[str, ...] = ()
    upper_street: str | None = None
    upper_community: str | None = None
    open_to_all: Q | None = field(default=None)
    open_to_organisations: Q | None = field(default=None)

    def q(self, scope: Scope) -> Q | None:
        """See :meth:`ScopeRule.q`."""
        if scope.district:
            return Q()
        wanted = [
            (self.street, scope.streets),
            (self.community, scope.communities),
            (self.grid, scope.grids),
            (self.area, scope.areas),
            *((path, scope.organisations) for path in self.organisations),
            (self.upper_street, scope.upper_streets),
            (self.upper_community, scope.upper_communities),
        ]
        parts = [among(path, keys) for path, keys in wanted if path and keys]
        if self.open_to_all is not None:
            parts.append(self.open_to_all)
        if self.open_to_organisations is not None and scope.organisations:
            parts.append(self.open_to_organisations)
        if not parts:
            return None
        condition = parts[0]
        for part in parts[1:]:
            condition |= part
        return condition

    def own(self) -> "PlaceRule":
        """See :meth:`ScopeRule.own`."""
        return replace(self, upper_street=None, upper_community=None, open_to_all=None, open_to_organisations=None)


@dataclass(frozen=True)
class PartsRule(ScopeRule):
    """Rows of a whole that reaches across places (a patrol through several communities): seen by those who see it
    under ``whole``, and by whoever sees one of its ``parts``, a model ("app.Model") that names it in ``link``.

    Only the former may edit it. A page that shows its parts fetches them in scope.
    """

    by_scope = True
    whole: PlaceRule
    parts: str
    link: str

    def q(self, scope: Scope) -> Q | None:
        """See :meth:`ScopeRule.q`."""
        condition = self.whole.q(scope)
        model: Any = apps.get_model(self.parts)
        part = model.scope_rule.q(scope)
        if scope.district or part is None:
            return condition
        # Not a join, which would double the rows; the places of the parts are few and indexed.
        touched = Q(pk__in=model._default_manager.filter(part).order_by().values(self.link))
        return condition | touched if condition else touched

    def own(self) -> ScopeRule:
        """See :meth:`ScopeRule.own`."""
        return self.whole.own()


class DistrictRule(ScopeRule):
    """Rows that only district roles see (accounts, the trail)."""

    by_scope = True

    def q(self, scope: Scope) -> Q | None:
        """See :meth:`ScopeRule.q`."""
        return Q() if scope.district else None


class ReferenceRule(ScopeRule):
    """Reference data that everybody who is signed in may read (categories)."""

    by_scope = True

    def q(self, scope: Scope) -> Q | None:
        """See :meth:`ScopeRule.q`."""
        return Q()


@dataclass(frozen=True)
class SharedRule(ScopeRule):
    """Rows that somebody has shared with a place: for the people of that place and of those below it.

    Not for those above or beside it, nor for organisations, which lie in no place. ``street`` and
    ``community`` are the columns of the place, of which a row fills one at most; ``whole`` is the
    condition of rows shared with the whole district. Without ``below``: for the people of the
    place itself alone, who look after what is shared there.
    """

    whole: Q
    street: str = "street_id"
    community: str = "community_id"
    below: bool = True

    def q(self, scope: Scope) -> Q | None:
        """See :meth:`ScopeRule.q`."""
        streets, communities = scope.streets, scope.communities
        if self.below:
            streets, communities = streets | scope.upper_streets, communities | scope.upper_communities
        if not (scope.district or streets or communities):
            return None
        condition = self.whole if self.below or scope.district else Q(pk__in=[])
        for path, keys in ((self.street, streets), (self.community, communities)):
            if keys:
                condition |= among(path, keys)
        return condition

    def own(self) -> "SharedRule":
        """See :meth:`ScopeRule.own`."""
        return replace(self, below=False)


@dataclass(frozen=True)
class OwnRule(ScopeRule):
    """Rows that belong to one user, named by the column ``user``; and those that others have ``shared``."""

    user: str = "user"
    shared: SharedRule | None = None

    def own(self) -> "OwnRule":
        """See :meth:`ScopeRule.own`."""
        return replace(self, shared=self.shared.own()) if self.shared else self


@dataclass(frozen=True)
class Confidential(ScopeRule):
    """Rows of ``rule``, of which the ``secret`` ones are there only for those who hold ``verb`` where the row lies.

    For everybody else they do not exist: on pages, in lists, choices, searches, exports, files, figures and REST, which
    all ask ``visible_to``; whatever tells of rows in other ways asks :func:`may_know`.
    """

    rule: ScopeRule
    secret: Q
    verb: str

    def q(self, scope: Scope) -> Q | None:
        """See :meth:`ScopeRule.q`: what is not secret. Whoever may know more is told by the queryset."""
        condition = self.rule.q(scope)
        return None if condition is None else condition & ~self.secret

    def within(self, scope: Scope, user: Any) -> Q | None:
        """The rows inside ``scope`` that ``user`` may know: a right to secrets elsewhere opens nothing here."""
        condition, known = self.rule.q(scope), self.known(user)
        if condition is None or known is None:
            return self.q(scope)
        return condition & (~self.secret | known)

    def known(self, user: Any) -> Q | None:
        """The secret rows that ``user`` may know; None for none."""
        scope = user.scope_for(self.verb) if hasattr(user, "scope_for") else NOTHING
        condition = self.rule.own().q(scope) if scope else None
        return None if condition is None else condition & self.secret

    def own(self) -> "Confidential":
        """See :meth:`ScopeRule.own`."""
        return replace(self, rule=self.rule.own())


def is_confidential(model: Any) -> bool:
    """Rows of ``model`` may be secret."""
    return isinstance(getattr(model, "scope_rule", None), Confidential)


def is_secret(row: models.Model) -> bool:
    """``row``, as it is stored, is secret. One query for a model with such rows."""
    rule = getattr(row, "scope_rule", None)
    return isinstance(rule, Confidential) and type(row)._base_manager.filter(rule.secret, pk=row.pk).exists()


def may_know(row: models.Model, user: Any) -> bool:
    """``user`` may learn that ``row`` exists, as far as it is confidential. Two queries for a model with such rows."""
    rule = getattr(row, "scope_rule", None)
    if not isinstance(rule, Confidential):
        return True
    rows: Any = type(row)._default_manager.filter(pk=row.pk)
    known = rule.known(user)
    return bool(rows.filter(known).exists() if known is not None else False) or not rows.filter(rule.secret).exists()


class ScopedQuerySet(models.QuerySet):
    """A queryset that knows its model's scope rule."""

    def visible_to(self, user: Any, verb: str | None = None) -> Self:
        """The rows in ``user``'s scope.

        ``verb`` narrows to the assignments whose role holds that verb, so that a person
        with two posts does not carry the rights of one into the places of the other.
        Anonymous and unassigned users get nothing.
        """
        return self._within(self._rule, user, verb)

    def editable_by(self, user: Any, verb: str) -> Self:
        """The rows that ``user`` may change with ``verb``: as :meth:`visible_to`, but without the
        rows of others that a directory opens to everybody below (a department, a street's areas).
        """
        return self._within(self._rule.own(), user, verb)

    @property
    def _rule(self) -> ScopeRule:
        model: Any = self.model
        rule: ScopeRule = model.scope_rule
        return rule

    def _within(self, rule: ScopeRule, user: Any, verb: str | None) -> Self:
        if isinstance(rule, OwnRule) and not getattr(user, "is_authenticated", False):
            return self.none()
        if isinstance(rule, OwnRule) and rule.shared is None:
            return self.filter(**{rule.user: user})  # whatever the posts: they are not asked for
        scope = user.scope_for(verb) if hasattr(user, "scope_for") else NOTHING
        if isinstance(rule, OwnRule):
            shared = rule.shared.q(scope) if rule.shared and scope else None
            return self.filter(Q(**{rule.user: user}) | shared if shared else Q(**{rule.user: user}))
        if isinstance(rule, Confidential):
            condition = rule.within(scope, user) if scope else None
        else:
            condition = rule.q(scope) if scope else None
        if condition is None:
            return self.none()
        return self.filter(condition) if condition else self.all()

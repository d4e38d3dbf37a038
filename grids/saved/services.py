"""Saved filters of the desk: one's own, and those that are shared where one works."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from communities.directory.models import Community
from grids.places.models import Grid
from grids.places.names import names
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.scope import Scope

PAGE = "issues"
WITH_DISTRICT, WITH_NOBODY = "district", ""
# What a query string names by code, and would be an error for somebody who may not see it.
NAMED: dict[str, Any] = {"street": Street, "community": Community, "grid": Grid, "organisation": Organisation}


@dataclass(frozen=True)
class Saved:
    """A filter as the desk lists it. ``reason``: why the reader cannot use it; "" when they can."""

    pk: int
    name: str
    query: str
    owner: str
    mine: bool
    shared_with: str  # "民主街社区", "全区"; "" for nobody
    level: str  # of the place it is shared with: community, street, district; "" for nobody
    may_edit: bool
    reason: str = ""


@dataclass
class Group:
    """Filters under one heading; "" for one's own."""

    heading: str
    filters: list[Saved] = field(default_factory=list)


def visible(user: Any) -> QuerySet[SavedFilter]:
    """The filters of the desk that ``user`` sees."""
    return SavedFilter.objects.visible_to(user, Verb.ISSUES_VIEW).filter(page=PAGE)


def editable(user: Any) -> QuerySet[SavedFilter]:
    """Those that ``user`` may rename, share and delete: their own, and those shared where they hold office."""
    return SavedFilter.objects.editable_by(user, Verb.FILTERS_SHARE).filter(page=PAGE)


def saved_filters(user: Any) -> list[Saved]:
    """What :func:`visible` finds, for the desk and the API. One query, and one for each kind of place
    (or organisation) that the filters name.
    """
    kept, scope = names(), user.scope_for(Verb.FILTERS_SHARE)
    columns = ("pk", "name", "query", "user_id", "user__name", "is_shared", "street_id", "community_id")
    rows = list(visible(user).order_by("name", "pk").values_list(*columns))
    unusable = _unusable([row[2] for row in rows], user)
    found = []
    for pk, name, query, owner, owner_name, shared, street, community in rows:
        level = "" if not shared else "community" if community else "street" if street else WITH_DISTRICT
        place = kept.communities.get(community) or kept.streets.get(street)
        found.append(
            Saved(
                pk=pk,
                name=name,
                query=query,
                owner=owner_name,
                mine=owner == user.pk,
                shared_with=place.name if place else "全区" if level else "",
                level=level,
                may_edit=owner == user.pk or _holds_office(scope, level, street, community),
                reason=unusable.get(query, ""),
            )
        )
    return found


def _holds_office(scope: Scope, level: str, street: int | None, community: int | None) -> bool:
    """What :func:`editable` asks of rows that are shared, in Python."""
    return (
        (level == WITH_DISTRICT and scope.district)
        or (level == "street" and street in scope.streets)
        or (level == "community" and community in scope.communities)
    )


def _unusable(queries: list[str], user: Any) -> dict[str, str]:
    """Query string → why it would be an error for ``user``, of those that would."""
    named: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for query in queries:
        for name, values in QueryDict(query).lists():
            if name in NAMED:
                named[name][values[-1]].add(query)
    found: dict[Any, Any] = {}
    for name, by_code in named.items():
        rows = NAMED[name].objects.visible_to(user).filter(code__in=list(by_code))
        for code in by_code.keys() - set(rows.values_list("code", flat=True)):
            label = NAMED[name]._meta.verbose_name
            found |= dict.fromkeys(by_code[code], f"条件里的{label}不在您的管辖范围内")
    return found


def grouped(filters: list[Saved]) -> list[Group]:
    """One's own first, then what is shared in the community, the street, the district."""
    places = {level: {one.shared_with for one in filters if one.level == level} for level in ("community", "street")}
    groups: dict[tuple[int, str], Group] = {}
    for one in filters:
        heading = {"": "", WITH_DISTRICT: "全区共享", "community": "本社区共享", "street": "本街道共享"}[one.level]
        if len(places.get(one.level, ())) > 1:
            heading = f"{one.shared_with}共享"
        order = ("", "community", "street", WITH_DISTRICT).index(one.level)
        groups.setdefault((order, heading), Group(heading)).filters.append(one)
    return [group for _key, group in sorted(groups.items())]


def share_choices(user: Any, row: SavedFilter) -> list[tuple[str, str]]:
    """With whom ``user`` may share ``row``: (code, words); what it is shared with now stays possible."""
    kept, scope = names(), user.scope_for(Verb.FILTERS_SHARE)
    choices = {WITH_NOBODY: "不共享，只有我自己" if row.user_id == user.pk else f"不再共享，只留给 {row.user}"}
    choices |= {kept.communities[key].code: f"{kept.communities[key].name}（含网格）" for key in scope.communities}
    choices |= {kept.streets[key].code: f"{kept.streets[key].name}（含社区、网格）" for key in scope.streets}
    if scope.district:
        choices[WITH_DISTRICT] = "全区（含街道、社区、网格）"
    current = shared_code(row)
    if current not in choices:
        choices[current] = "全区" if current == WITH_DISTRICT else str(row.community or row.street)
    return list(choices.items())


def shared_code(row: SavedFilter) -> str:
    """The choice that says with whom ``row`` is shared now."""
    place = row.community or row.street
    if place is not None:
        return str(place.code)
    return WITH_DISTRICT if row.is_shared else WITH_NOBODY


def sharing(code: str) -> dict[str, Any]:
    """The columns that say so for a choice of :func:`share_choices`."""
    kept = names()
    community = next((row.pk for row in kept.communities.values() if row.code == code), None)
    street = next((row.pk for row in kept.streets.values() if row.code == code), None)
    return {"is_shared": code != WITH_NOBODY, "community_id": community, "street_id": street}

"""What the filters of the desk offer, from the kept names: in the user's scope, without queries."""

from typing import Any

from django.db.models import Q
from django.http import JsonResponse, QueryDict

from grids.models.categories import Level
from grids.models.issues import Light, Severity, Status
from grids.names import Named, names
from streets.models import Organisation
from suzhou_portal.accounts.roles import Verb

Choice = tuple[str, str, bool]


def _choices(rows: list[Any], chosen: list[str]) -> list[Choice]:
    return [
        (row.code, row.name, row.code in chosen) if isinstance(row, Named) else (row[0], row[1], row[0] in chosen)
        for row in rows
    ]


def filter_choices(user: Any, query: QueryDict) -> dict[str, Any]:
    """For each select of the desk its (value, label, chosen); places only where there is a choice.

    What is offered is a convenience: what may be asked for is checked by ``IssueFilter``.
    """
    kept, scope = names(), user.scope_for(Verb.ISSUES_VIEW)
    streets = list(kept.streets.values()) if scope.district else []
    communities = [row for row in kept.communities.values() if scope.district or row.upper in scope.streets]
    grids = []
    if not communities and len(scope.communities) == 1:
        grids = [row for row in kept.grids.values() if row.upper in scope.communities]
    groups = [row for row in kept.categories.values() if not row.upper and row.active]
    organisation = next((row for row in kept.organisations.values() if row.code == query.get("organisation")), None)
    return {
        "street": _choices(streets, query.getlist("street")),
        "community": _choices(communities, query.getlist("community")),
        "grid": _choices(grids, query.getlist("grid")),
        "categories": [
            (
                (group.code, group.name, group.code in query.getlist("category")),
                _choices(
                    [row for row in kept.categories.values() if row.upper == group.pk and row.active],
                    query.getlist("category"),
                ),
            )
            for group in groups
        ],
        "status": _choices(Status.choices, query.getlist("status")),
        "light": _choices(Light.choices, query.getlist("light")),
        "level": _choices(Level.choices, query.getlist("level")),
        "severity": _choices(Severity.choices, query.getlist("severity")),
        "organisation": (organisation.code, organisation.name) if organisation else None,
        "by_organisation": user.can(Verb.ORGANISATIONS_VIEW),
    }


def organisation_options(query: str, user: Any) -> JsonResponse:
    """Organisations of the user's directory for a combobox, at most twenty."""
    rows = Organisation.objects.active().visible_to(user, Verb.ORGANISATIONS_VIEW)
    word = query.replace("\x00", "").strip().lower()
    if word:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(short_name__icontains=word)
            | Q(pinyin__startswith=word)
            | Q(pinyin__contains=f" {word}")
        )
    found = rows.order_by("code")[:20]
    return JsonResponse({"results": [{"value": row.code, "label": str(row)} for row in found]})

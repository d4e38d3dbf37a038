"""What the filters of the desk offer, from the kept names: in the user's scope, without queries."""

from collections.abc import Iterable
from html import escape
from typing import Any

from django.http import JsonResponse, QueryDict
from django.utils.safestring import SafeString

from grids.categories.models import Level
from grids.issues.models import Light, Severity, Status
from grids.lists.filters import VISIT_RESULTS
from grids.places.names import Named, names
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.text.canonical import named


def _options(rows: Iterable[tuple[str, str]], chosen: list[str]) -> SafeString:
    """``<option>``s of (value, label) pairs, written here because a template takes long over them."""
    return SafeString(
        "".join(
            f'<option value="{escape(value)}"{" selected" if value in chosen else ""}>{escape(label)}</option>'
            for value, label in rows
        )
    )


def _pairs(rows: Iterable[Named]) -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in rows]


def _category_options(chosen: list[str]) -> SafeString:
    """All categories under their groups; a group may be chosen as a whole."""
    rows = [row for row in names().categories.values() if row.active]
    parts = []
    for group in (row for row in rows if not row.upper):
        kinds = [(group.code, f"{group.name}（全部）"), *_pairs(row for row in rows if row.upper == group.pk)]
        parts.append(f'<optgroup label="{escape(group.name)}">{_options(kinds, chosen)}</optgroup>')
    return SafeString("".join(parts))


def filter_choices(user: Any, query: QueryDict, organisation: Organisation | None = None) -> dict[str, Any]:
    """For each select of the desk its options; places only where there is a choice ("" if not).

    ``organisation`` is the one that was chosen, as ``IssueFilter`` found it in the user's directory. What is
    offered is a convenience: what may be asked for is checked there.
    """
    kept, scope = names(), user.scope_for(Verb.ISSUES_VIEW)
    streets = kept.streets.values() if scope.district else ()
    communities = [row for row in kept.communities.values() if scope.district or row.upper in scope.streets]
    grids = []
    if not communities and len(scope.communities) == 1:
        grids = [row for row in kept.grids.values() if row.upper in scope.communities]
    return {
        "street": _options(_pairs(streets), query.getlist("street")),
        "community": _options(_pairs(communities), query.getlist("community")),
        "grid": _options(_pairs(grids), query.getlist("grid")),
        "category": _category_options(query.getlist("category")),
        "status": _options(Status.choices, query.getlist("status")),
        "light": _options(Light.choices, query.getlist("light")),
        "level": _options(Level.choices, query.getlist("level")),
        "visit": _options(VISIT_RESULTS, query.getlist("visit")),
        "severity": _options(Severity.choices, query.getlist("severity")),
        "organisation": organisation.name if organisation else "",
        "by_organisation": user.can(Verb.ORGANISATIONS_VIEW),
    }


def organisation_options(query: str, user: Any) -> JsonResponse:
    """Organisations of the user's directory for a combobox, at most twenty."""
    rows = Organisation.objects.active().visible_to(user, Verb.ORGANISATIONS_VIEW)
    word = query.replace("\x00", "").strip().lower()
    if word:
        rows = rows.filter(named(word, "name", "short_name", "pinyin"))
    found = rows.order_by("code")[:20]
    return JsonResponse({"results": [{"value": row.code, "label": str(row)} for row in found]})

"""What the portal tells while somebody types what happened: on the page, on the phone, to programs alike."""

from dataclasses import dataclass, field
from typing import Any

from grids.categories.models import IssueCategory
from grids.categories.suggesting import suggest_categories
from grids.issues.likeness import similar_open
from grids.issues.models import Issue
from grids.places.finding import Place
from grids.places.mentions import place_mentioned
from suzhou_portal.accounts.roles import Verb


@dataclass(frozen=True)
class Hints:
    """Likely categories, best first; the place that the text names, if any; similar open issues nearby."""

    categories: list[IssueCategory] = field(default_factory=list)
    named: Place | None = None
    similar: list[Issue] = field(default_factory=list)


def likely_categories(text: str) -> list[IssueCategory]:
    """The usable categories that ``text`` is likely about, best first. One query."""
    # unscoped: categories are reference data, open to everybody who is signed in
    return suggest_categories(text, IssueCategory.objects.usable()) if text.strip() else []


def hints_on(text: str, place: Place | None, category: str, *, user: Any, chosen: bool) -> Hints:
    """Everything for ``text`` typed by ``user``, who has ``place`` (``chosen``: by themselves, so that the text names
    no other) and the category of that code, "" for none yet: then the likeliest counts. At most six queries.
    """
    if len(text.strip()) < 2:
        return Hints()
    likely = likely_categories(text)
    named = None if chosen else place_mentioned(text, user, Verb.ISSUES_REPORT)
    near = named or place
    # unscoped: categories are reference data, open to everybody who is signed in
    kind = IssueCategory.objects.usable().filter(code=category).first() if category else next(iter(likely), None)
    similar = similar_open(place=near, category=kind, description=text, user=user) if near else []
    return Hints(likely, named, similar)

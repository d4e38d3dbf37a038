"""Suggesting a category from what is typed."""

from collections.abc import Iterable

from grids.categories.models import IssueCategory


def suggest_categories(description: str, categories: Iterable[IssueCategory], limit: int = 4) -> list[IssueCategory]:
    """The categories whose keywords or name stand in ``description``, best first.

    Longer keywords weigh more: ``电动车充电`` says more than ``车``.
    """
    text = description.lower()
    scored = []
    for category in categories:
        words = {*category.keywords.lower().split(), category.name.lower()}
        score = sum(len(word) ** 2 for word in words if word and word in text)
        if score:
            scored.append((-score, category.code, category))
    return [category for _score, _code, category in sorted(scored, key=lambda item: item[:2])[:limit]]

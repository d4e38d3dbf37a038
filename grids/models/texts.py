"""The search text of issues, and how a scope narrows a search."""

from django.db import models

from suzhou_portal.lib.rows.scope import Scope
from suzhou_portal.lib.text.search import TokensField, place_token

# A scope of more places than this is not told to the index: reading them all would cost more than it spares.
MOST_PLACES = 60


def place_tokens(scope: Scope) -> list[str]:
    """The tokens of which an issue in ``scope`` has one; none when they would not narrow a search."""
    places = (("s", scope.streets), ("c", scope.communities), ("g", scope.grids))
    if scope.district or scope.organisations or sum(len(keys) for _level, keys in places) > MOST_PLACES:
        return []
    return [place_token(level, key) for level, keys in places for key in sorted(keys)]


class IssueText(models.Model):
    """The searchable text of an issue, apart so that lists never fetch it; kept by ``grids.services.searching``."""

    search_key = "issue_id"

    issue = models.OneToOneField("grids.Issue", on_delete=models.CASCADE, primary_key=True, related_name="search_text")
    body = models.TextField()
    tokens = TokensField()

    def __str__(self) -> str:
        return str(self.issue_id)

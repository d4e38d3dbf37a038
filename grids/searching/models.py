"""The search text of issues."""

from django.db import models

from suzhou_portal.lib.text.search import TokensField


class IssueText(models.Model):
    """The searchable text of an issue, apart so that lists never fetch it; kept by ``grids.searching.services``."""

    search_key = "issue_id"

    issue = models.OneToOneField("grids.Issue", on_delete=models.CASCADE, primary_key=True, related_name="search_text")
    body = models.TextField()
    tokens = TokensField()

    def __str__(self) -> str:
        return str(self.issue_id)

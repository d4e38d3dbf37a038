"""A list of issues as a query string describes it."""

from functools import cached_property
from typing import Any

from django.http import QueryDict

from grids.issues.models import Issue, IssueQuerySet
from grids.lists.filters import IssueFilter
from grids.lists.queues import QUEUES, Queue
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.text.search import Word

EVER = "2000-01-01"


class IssueList:
    """A list of issues as a query string describes it, for one user: filter, order, words."""

    def __init__(self, query: QueryDict, user: Any, request: Any) -> None:
        self.query, self.user = query, user
        self.base: IssueQuerySet = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
        self.filter = IssueFilter(query, queryset=self.base, request=request)

    @cached_property
    def is_valid(self) -> bool:
        """All parameters could be read."""
        return self.filter.is_valid()

    @cached_property
    def rows(self) -> IssueQuerySet:
        """The filtered rows, unordered; none when a parameter is wrong."""
        return self.filter.qs.order_by() if self.is_valid else self.base.none()

    @cached_property
    def searched(self) -> tuple[Word, ...]:
        """The words that were searched for."""
        return self.filter.searched

    @property
    def queue(self) -> Queue:
        """The queue that is on."""
        return QUEUES[self.filter.chosen_queue if self.is_valid else "all"]

    @property
    def organisation(self) -> Organisation | None:
        """The organisation that was chosen."""
        return self.filter.form.cleaned_data.get("organisation") if self.is_valid else None

    @cached_property
    def canonical(self) -> QueryDict:
        """The query string reduced to filters that say something."""
        kept = QueryDict(mutable=True)
        for name in IssueFilter.base_filters:
            values = [value for value in self.query.getlist(name) if value.strip()]
            if values:
                kept.setlist(name, values)
        return kept

    def without(self, name: str, value: str = "") -> str:
        """The query string without one filter, or without one of its values."""
        rest = self.canonical.copy()
        values = [other for other in rest.getlist(name) if value and other != value]
        rest.setlist(name, values)
        return rest.urlencode()

    @property
    def in_all(self) -> str:
        """The query string of the same search in all issues."""
        return self._with(self.canonical.copy(), queue="all")

    @property
    def search_alone(self) -> str:
        """The query string of the search without other filters, in the same queue."""
        return self._with(QueryDict(mutable=True), q=self.query.get("q", ""), queue=self.queue.name)

    @staticmethod
    def _with(query: QueryDict, **values: str) -> str:
        for name, value in values.items():
            query[name] = value
        return query.urlencode()

    def words(self) -> list[dict[str, str]]:
        """The filters that are on, as removable words: ``{label, value, query}``."""
        if not self.is_valid:
            return []
        found = []
        values = self.filter.form.cleaned_data
        for name, field in self.filter.form.fields.items():
            value = values.get(name)
            if not value or name == "queue":
                continue
            choices = dict(getattr(field, "choices", ())) if isinstance(value, (str, list)) else {}
            for one in value if isinstance(value, list) else [value]:
                found.append(
                    {
                        "label": str(field.label),
                        "value": str(choices.get(one, one)),
                        "query": self.without(name, one if isinstance(value, list) else ""),
                    }
                )
        return found

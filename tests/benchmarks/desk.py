"""The desk with every filter and queue, and searches: in a community, a street, the district, for an organisation."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlencode

from django.utils import timezone

from communities.directory.models import Community
from grids.categories.models import Level
from grids.issues.models import Issue, Light, Severity, Status
from grids.lists.filters import VISIT_RESULTS, IssueFilter
from grids.lists.queues import queues_of
from grids.places.models import Grid
from grids.tallies.measures import MEASURES
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import User
from tests.benchmarks import targets
from tests.benchmarks.scenarios import Portal, Scenario

SEARCHERS = {
    "community.1": "community",
    "street.1": "street",
    "district": "district",
    "department.1": "organisation",
    "grid.1": "grid leader",
}
# What people search for; how often each occurs differs by orders of magnitude.
SEARCHES = {
    "two characters, frequent": "垃圾",
    "two characters, rare": "秋千",
    "two characters, nowhere": "龘字",
    "three characters": "垃圾桶",
    "one character": "灯",
    "two words": "路灯 更换",
}


def examples() -> dict[str, str | list[str]]:
    """A value for every parameter of the filter."""
    today = timezone.localdate()
    return {
        "q": "路灯",
        "queue": "open",
        "street": Street.objects.order_by("code")[0].code,
        "community": Community.objects.order_by("code")[0].code,
        "grid": Grid.objects.current().filter(parent=None).order_by("code")[0].code,
        "category": "02",
        "status": [Status.DISPATCHED, Status.HANDLING],
        "light": Light.OVERDUE,
        "level": Level.STREET,
        "severity": Severity.MAJOR,
        "organisation": Organisation.objects.filter(is_department=True).order_by("code")[0].code,
        "visit": VISIT_RESULTS[0][0],
        "measure": next(iter(MEASURES)),
        "from": (today - timedelta(days=90)).isoformat(),
        "to": (today - timedelta(days=90)).isoformat(),
    }


def _page(portal: Portal, username: str, **query: str | list[str]) -> Callable[[], object]:
    address = f"/issues/?{urlencode(query, doseq=True)}"
    return lambda: portal.page(username, address)


def desk_scenarios(portal: Portal) -> Iterator[Scenario]:
    """The page with each filter (of a district user: nothing else narrows it), and with each queue."""
    known = examples()
    for name in IssueFilter.base_filters:
        send = _page(portal, "district", **{"queue": "all", name: known[name]})
        yield Scenario(f"desk, district, filter {name}", send, targets.PAGE_LIST)
    for username in ("community.1", "district"):
        for queue in queues_of(User.objects.get(username=username)):
            send = _page(portal, username, queue=queue.name)
            yield Scenario(f"desk, {SEARCHERS[username]}, queue {queue.name}", send, targets.PAGE_LIST)


def search_scenarios(portal: Portal) -> Iterator[Scenario]:
    """The page and the API with a search."""
    number = Issue.objects.order_by("-pk").values_list("number", flat=True)[0]
    for username, who in SEARCHERS.items():
        for what, words in SEARCHES.items():
            yield Scenario(f"search page, {who}, {what}", _page(portal, username, q=words), targets.PAGE_SEARCH)
    for what, words in {**SEARCHES, "number": number, "last digits": number[-3:]}.items():
        address = f"/api/v1/issues/?page_size=100&{urlencode({'q': words})}"
        send = lambda address=address: portal.api("district", address)  # noqa: E731
        yield Scenario(f"search API, 100 rows, district, {what}", send, targets.API_SEARCH)

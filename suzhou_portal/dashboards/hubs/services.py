"""What stands on the hub of an area: what waits there for its reader, the jobs, an index of the pages."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from communities.directory.models import Community
from grids.issues.models import Issue
from grids.lists.issue_list import EVER
from grids.places.models import Area, Grid
from streets.hub.models import Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.waiting import Line, waiting_for
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.rows.counts import capped_text, written_counts
from suzhou_portal.navigation import Link

ISSUES = "/issues/"
LEVELS = (Street, Community, Area, Grid)
EVERY_ISSUE = f"/issues/?queue=all&from={EVER}"  # a bare address opens what waits for the reader
CAP = 1000


@dataclass(frozen=True)
class Job:
    """Something that is done here, in words: "登记纠纷"."""

    label: str
    url: str


@dataclass(frozen=True)
class Indexed:
    """A page of the area, and how many rows stand in it for the reader ("" for pages without rows)."""

    link: Link
    count: str


def by_page() -> dict[str, Register]:
    """Registers by the address of their list."""
    return {register.list_url: register for register in site.registers}


def lines_of(links: Iterable[Link], user: Any) -> list[Line]:
    """What waits for ``user`` on these pages; each line opens exactly its rows."""
    return waiting_for(user, pages=[link.url for link in links])


def jobs_of(links: Iterable[Link], user: Any) -> list[Job]:
    """What ``user`` may begin on these pages."""
    registers = by_page()
    found = [Job("上报事件", f"{ISSUES}new/")] if any(link.url == ISSUES for link in links) else []
    found = [job for job in found if user.can(Verb.ISSUES_REPORT)]
    for link in links:
        register = registers.get(link.url)
        if register is not None and register.may_view(user):
            found += [Job(way.label, way.url) for way in register.begins(user)]
    return list(dict.fromkeys(found))


def index_of(links: Iterable[Link], user: Any) -> list[Indexed]:
    """The pages with the number of their rows in the scope of ``user``; one statement counts them all. A level of
    places of which the reader has none, a street above their own community, is no page of theirs.
    """
    links, registers = list(links), by_page()

    def rows_of(url: str) -> QuerySet:
        return Issue.objects.visible_to(user, Verb.ISSUES_VIEW) if url == ISSUES else registers[url].rows(user)

    def is_counted(url: str) -> bool:
        return url == ISSUES or (url in registers and registers[url].may_view(user))

    urls = tuple(link.url for link in links if is_counted(link.url))
    counts = written_counts("hubs.index", user, lambda: list(map(rows_of, urls)), CAP, urls)
    known = {url: capped_text(count, CAP) for url, count in zip(urls, counts, strict=True)}
    levels = [url for url in urls if url in registers and registers[url].model in LEVELS]
    return [
        Indexed(replace(link, url=EVERY_ISSUE) if link.url == ISSUES else link, known.get(link.url, ""))
        for link in links
        if known.get(link.url) != "0" or link.url not in levels
    ]

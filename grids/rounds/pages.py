"""The pages of one patrol and of one finding, for whoever may see them: details of their registers, with what one
may do there.
"""

from collections import defaultdict
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from grids.findings.models import FindingStatus, PatrolFinding
from grids.findings.workflow import matter
from grids.patrols.models import Patrol, PatrolStop
from grids.patrols.rights import walks
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.cases.pages import CasePage


def stops_of(patrol: Patrol, user: Any) -> list[PatrolStop]:
    """The places of ``patrol`` in the scope of ``user``, in order, each with its ``kept`` findings. Two queries."""
    finds = PatrolFinding.objects.visible_to(user, Verb.PATROLS_VIEW).exclude(status=FindingStatus.WITHDRAWN)
    finds = finds.select_related("item", "issue").order_by("id")
    rows = PatrolStop.objects.visible_to(user, Verb.PATROLS_VIEW).filter(patrol=patrol).order_by("position")
    rows = rows.select_related("grid__parent", "community")
    return list(rows.prefetch_related(Prefetch("findings", finds, to_attr="kept")))


class PatrolPage(CasePage):
    """A patrol: its places in order, what was found, and while it is open the way on."""

    beside = (*CasePage.beside, "number", "area", "started_on", "note")

    def context(self, failed: Action | None = None) -> dict[str, Any]:
        """With the stops; the next one that nobody has looked at."""
        patrol, user, found = self.obj, self.request.user, super().context(failed)
        stops = stops_of(patrol, user)
        may_walk = walks(patrol.area_id, user)
        walking = patrol.is_open and may_walk
        waiting = [stop for stop in stops if stop.looked_on is None]
        found["actions"] += found["folded"]
        for action in found["actions"]:  # what is to be done next comes first: to look at the rest
            action.is_main = action.is_main and not waiting
        return {
            **found,
            "patrol": patrol,
            "stops": stops,
            "may_walk": may_walk,
            "walking": walking,
            "next_stop": waiting[0] if walking and waiting else None,
            "looked": len(stops) - len(waiting),
        }


class FindingPage(CasePage):
    """A finding: what it was, what was done, photos, and what one may do."""

    beside = (*CasePage.beside, "description", "item", "handling", "issue")

    def context(self, failed: Action | None = None) -> dict[str, Any]:
        """With the issue that decides."""
        finding, found = self.obj, super().context(failed)
        found["actions"] += found["folded"]
        waiting = finding.status == FindingStatus.WAITING
        return {**found, "finding": finding, "matter": matter(finding), "waiting": waiting}


def page_of_stop(stop: PatrolStop) -> str:
    """The address of the page of a place of a patrol."""
    return reverse("patrol-stop", args=[stop.patrol.number, stop.pk])


def by_item(stop: Any) -> dict[int, list[PatrolFinding]]:
    """The kept findings of a stop by the key of their item."""
    found: dict[int, list[PatrolFinding]] = defaultdict(list)
    for finding in stop.kept:
        found[finding.item_id].append(finding)
    return found

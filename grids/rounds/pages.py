"""The pages of one patrol and of one finding, for whoever may see them: details of their registers, with what one
may do there.
"""

from collections import defaultdict
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from grids.findings.models import FindingStatus, PatrolFinding
from grids.findings.workflow import FINDINGS, matter
from grids.patrols.models import Patrol, PatrolStop
from grids.patrols.rights import walks
from grids.patrols.workflow import PATROLS
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.pages import panel_of
from suzhou_portal.lib.cases import acting
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.cases.workflow import Workflow
from suzhou_portal.lib.registers.pages import DetailPage


def address_of(row: Any) -> str:
    """Below which the steps of a patrol or a finding lie."""
    return f"/patrols/{row.number}" if isinstance(row, Patrol) else f"/patrols/findings/{row.pk}"


def buttons(workflow: Workflow, row: Any, user: Any, failed: Action | None = None) -> list[Action]:
    """What ``user`` may do with ``row`` now: first what is to be done next, last what is grave."""
    return acting.buttons(workflow, row, user, lambda name: f"{address_of(row)}/{name}/", failed)


def stops_of(patrol: Patrol, user: Any) -> list[PatrolStop]:
    """The places of ``patrol`` in the scope of ``user``, in order, each with its ``kept`` findings. Two queries."""
    finds = PatrolFinding.objects.visible_to(user, Verb.PATROLS_VIEW).exclude(status=FindingStatus.WITHDRAWN)
    finds = finds.select_related("item", "issue").order_by("id")
    rows = PatrolStop.objects.visible_to(user, Verb.PATROLS_VIEW).filter(patrol=patrol).order_by("position")
    rows = rows.select_related("grid__parent", "community")
    return list(rows.prefetch_related(Prefetch("findings", finds, to_attr="kept")))


class PatrolDetail(DetailPage):
    """A patrol: its places in order, what was found, and while it is open the way on."""

    def context(self) -> dict[str, Any]:
        """With the stops; the next one that nobody has looked at."""
        return patrol_context(super().context(), self.obj, self.request.user)


def patrol_context(context: dict[str, Any], patrol: Patrol, user: Any, failed: Action | None = None) -> dict[str, Any]:
    """What the page of a patrol shows, in addition to the register's ``context``."""
    stops = stops_of(patrol, user)
    may_walk = walks(patrol.area_id, user)
    walking = patrol.is_open and may_walk
    waiting = [stop for stop in stops if stop.looked_on is None]
    actions = buttons(PATROLS, patrol, user, failed)
    for action in actions:  # what is to be done next comes first: to look at the rest
        action.is_main = action.is_main and not waiting
    return {
        **context,
        "object": patrol,
        "patrol": patrol,
        "stops": stops,
        "may_walk": may_walk,
        "walking": walking,
        "next_stop": waiting[0] if walking and waiting else None,
        "looked": len(stops) - len(waiting),
        "actions": actions,
        "row": patrol,
    }


class FindingDetail(DetailPage):
    """A finding: what it was, what was done, photos, and what one may do."""

    def context(self) -> dict[str, Any]:
        """With photos and actions."""
        return finding_context(super().context(), self.obj, self.request.user)


def finding_context(
    context: dict[str, Any], finding: PatrolFinding, user: Any, failed: Action | None = None
) -> dict[str, Any]:
    """What the page of a finding shows, in addition to the register's ``context``."""
    issue = matter(finding)
    return {
        **context,
        "object": finding,
        "finding": finding,
        "matter": issue,
        "waiting": finding.status == FindingStatus.WAITING,
        "attachments": panel_of(finding, user),
        "actions": buttons(FINDINGS, finding, user, failed),
        "row": finding,
    }


def page_of_stop(stop: PatrolStop) -> str:
    """The address of the page of a place of a patrol."""
    return reverse("patrol-stop", args=[stop.patrol.number, stop.pk])


def by_item(stop: Any) -> dict[int, list[PatrolFinding]]:
    """The kept findings of a stop by the key of their item."""
    found: dict[int, list[PatrolFinding]] = defaultdict(list)
    for finding in stop.kept:
        found[finding.item_id].append(finding)
    return found

"""Duplicates in the demo district: what waits is reported once more, and merged."""

from communities.directory.models import Community
from grids.issues.demo import Lately, in_community
from grids.issues.services import Report, report_issue
from grids.issues.workflow import WORKFLOW
from suzhou_portal.lib.time import moments

AGAIN = ("又有居民反映：{0}", "同一处，另一户反映：{0}")


@in_community(order=20)
def report_again(lately: Lately, community: Community, index: int) -> None:
    """By the leader of the grid; the community merges it."""
    issue = lately.waiting(community)
    leader = lately.world.leader(issue) if issue is not None else None
    if issue is None or leader is None:
        return
    text = lately.rng.choice(AGAIN).format(issue.description)[:500]
    with moments.pretend(max(lately.at(2), issue.created_at)):
        twin = report_issue(Report(issue.grid, issue.category, text), by=leader)
    with moments.pretend(max(lately.at(1), issue.created_at)):
        inputs = {"into": issue.number, "note": "同一件事"}
        WORKFLOW.apply(twin, "merge", by=lately.secretary(community), inputs=inputs)

"""What the daily digest says of issues: how many wait for the user, near their time, past it."""

from collections.abc import Sequence

from grids.issues.models import Issue
from grids.lists.queues import QUEUES, queues_of
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.counts import capped_counts, capped_text
from suzhou_portal.notices.digest import Line, add_lines

CAP = 1000
# 临期 and 超期 are told to whom something waits for or who answers for it: to those who have a 待我办理.
TOLD = ("todo", "soon", "overdue")


@add_lines
def issue_lines(users: Sequence[User]) -> dict[int, list[Line]]:
    """The queues of the desk that hold something; one statement counts a user's three."""
    told = {}
    for user in users:
        if not user.can(Verb.ISSUES_VIEW) or QUEUES["todo"] not in queues_of(user):
            continue
        rows = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
        counts = capped_counts([QUEUES[name].rows(rows, user) for name in TOLD], CAP)
        lines = [
            Line(f"{QUEUES[name].label} {capped_text(count, CAP)} 件", f"/issues/?queue={name}")
            for name, count in zip(TOLD, counts, strict=True)
            if count
        ]
        if lines:
            told[user.pk] = lines
    return told

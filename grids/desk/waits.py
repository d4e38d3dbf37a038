"""What of the issues waits for whom: the queues of the desk, told on the home page and in the daily digest."""

from typing import Any

from grids.issues.models import Issue
from grids.lists.queues import QUEUES, Queue, queues_of
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.waiting import DESKS

TOLD = ("todo", "deciding", "unreceived", "visits", "soon", "overdue")


class Desk:
    """The desk as ``lib.cases.waiting`` asks it: its queues are the conditions."""

    waits = tuple(QUEUES[name] for name in TOLD)
    title, key, pages = "网格事件", "number", "/issues/"
    acted_on = pages
    told = {
        "key": "number",
        "name": "number",
        "text": "description",
        "status": "status",
        "warn_at": "warn_at",
        **{level: f"{level}_id" for level in ("street", "community", "grid")},
    }

    def may_view(self, user: Any) -> bool:
        """临期 and 超期 are told to whom something waits for or who answers for it: who has a 待我办理."""
        return user.can(Verb.ISSUES_VIEW) and QUEUES["todo"] in queues_of(user)

    def seen(self, user: Any) -> Any:
        """The issues in the user's view."""
        return Issue.objects.visible_to(user, Verb.ISSUES_VIEW)

    def waiting_url(self, queue: Queue) -> str:
        """The queue."""
        return f"/issues/?queue={queue.code}"


DESKS.append(Desk())

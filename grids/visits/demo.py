"""回访 in the demo district: most reporters behind a hotline order are called after closure, and some complain."""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from grids.categories.models import Level
from grids.issues.columns import CONTENT, Satisfaction
from grids.issues.demo_story import CHAPTERS, Chapter, Step, Story
from grids.issues.demo_world import World
from grids.issues.models import Issue, Light
from grids.visits.models import ReturnVisit
from grids.visits.workflow import draft_visit
from suzhou_portal.accounts.models import User

# Not called at all, called by the street instead of the community, not answering the telephone.
FORGOTTEN, BY_STREET, UNREACHED = 0.07, 0.15, 0.14
ATTEMPTS = 3
RESPONDED = 0.965
# How often it is solved: in time, or late; and how satisfied those are whose matter was solved, or not.
RESOLVED = {Light.NORMAL: 0.95, Light.SOON: 0.93, Light.OVERDUE: 0.82}
SATISFACTION = {
    True: {Satisfaction.SATISFIED: 0.8, Satisfaction.FAIRLY: 0.17, Satisfaction.DISSATISFIED: 0.03},
    False: {Satisfaction.SATISFIED: 0.05, Satisfaction.FAIRLY: 0.3, Satisfaction.DISSATISFIED: 0.65},
}
THANKS = ("反映人表示感谢", "希望今后多检查", "建议定期维护", "", "", "")
COMPLAINTS = ("问题又出现了", "只处理了一部分", "希望彻底解决", "处理时间偏长", "")


class Visits(Chapter):
    """What reporters answered."""

    def taken(self, story: Story, step: Step, inputs: dict[str, Any], at: datetime) -> None:
        """A visit."""
        if step.action == "visit":
            story.rows[ReturnVisit].append(draft_visit(story.issue, step.by, inputs, at))


CHAPTERS.append(Visits())


def calls(issue: Issue, world: World, rng: Random) -> Iterator[Step]:
    """The attempts to reach the reporter of a closed issue that waits for a visit."""
    if issue.visit_until is None or rng.random() < FORGOTTEN:
        return
    caller = _caller(issue, world, rng)
    for _attempt in range(ATTEMPTS):
        if rng.random() >= UNREACHED:
            answers = _answers(issue, rng)
            content = answers["resolved"] and answers["satisfaction"] in CONTENT
            yield _step(caller, rng.choice(THANKS if content else COMPLAINTS), **answers)
            return
        yield _step(caller, "", reached=False, responded=None, resolved=None, satisfaction="")


def _caller(issue: Issue, world: World, rng: Random) -> User:
    return world.at_level(issue, Level.STREET if rng.random() < BY_STREET else Level.COMMUNITY)


def _answers(issue: Issue, rng: Random) -> dict[str, Any]:
    resolved = rng.random() < RESOLVED[Light(issue.light)]
    weights = SATISFACTION[resolved]
    return {
        "reached": True,
        "responded": rng.random() < RESPONDED,
        "resolved": resolved,
        "satisfaction": rng.choices(list(weights), list(weights.values()))[0].value,
    }


def _step(caller: User, remark: str, **answers: Any) -> Step:
    return Step("visit", caller, remark, rest=True, more={**answers, "reopen": False})

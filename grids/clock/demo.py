"""What the clock does in the demo district: late issues climb, most letters are answered, suspensions end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from grids.clock.models import ClockRequest
from grids.clock.workflow import ON_REQUEST, settle
from grids.issues.demo_story import CHAPTERS, DAY, Chapter, Step, Story
from grids.issues.demo_world import World
from grids.issues.models import ENDED, Holder, Status
from grids.issues.rights import verifying_level
from grids.issues.workflow import WORKFLOW
from grids.supervision.models import Supervision
from grids.supervision.workflow import draft_letter, settle_letters
from suzhou_portal.accounts.models import User

# What has been begun goes on while it climbs; what waits for its keeper would change hands.
IN_WORK = frozenset({Status.DISPATCHED, Status.HANDLING, Status.ANSWERED, Status.VERIFIED})
ANSWERED = 0.8
CHECKS = frozenset({"verify", "close", "redo"})
ASKING = frozenset({"ask_extension", "ask_suspension"})
DECISIONS = {"grant": ClockRequest.Decision.GRANTED, "refuse": ClockRequest.Decision.REFUSED}
REPLIES = (
    "配件已订货，到货后立即更换",
    "涉及产权协商，已约双方当面商定",
    "施工需避开高峰，已安排夜间作业",
    "前期人手不足，已增派人员处理",
    "已现场处置大部分，余下部分抓紧收尾",
)


class Requests(Chapter):
    """Letters of supervision, and requests with their decisions."""

    def before(self, story: Story, step: Step, inputs: dict[str, Any]) -> None:
        """A decision is about the last request."""
        if step.action in ON_REQUEST and story.rows[ClockRequest]:
            inputs["request"] = story.rows[ClockRequest][-1]

    def taken(self, story: Story, step: Step, inputs: dict[str, Any], at: datetime) -> None:
        """A letter; a new request, a decision, the end of a suspension."""
        if "addressee" in inputs:
            story.rows[Supervision].append(draft_letter(story.issue, step.by, inputs, at))
        if story.issue.status == Status.CLOSED:
            settle_letters(story.issue, story.rows[Supervision], at)
        requests = story.rows[ClockRequest]
        if step.action in ASKING:
            requests.append(inputs["request"])
            return
        last = requests[-1] if requests else None
        if last is None:
            return
        if step.action in DECISIONS:
            settle(last, DECISIONS[step.action], at, by=step.by, note=inputs["opinion"])
        elif not last.decision and not story.issue.asked_level:
            settle(last, ClockRequest.Decision.LAPSED, at)
        if step.action == "resume_due":
            last.ended_at = inputs["at"]


CHAPTERS.append(Requests())


class Letters:
    """Climbs and replies of a story, as ``Story.run`` asks for them."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world, self.rng = world, rng
        self.reply_at: datetime | None = None

    def catch_up(self, story: Story, until: datetime, *, idle: bool) -> None:
        """See :class:`~grids.issues.demo_story.Meanwhile`."""
        while (due := min(self._due(story, idle), default=None)) and due[0] < until:
            at, action = due
            at = max(at, story.now)
            if action == "reply":
                self._reply(story, at)
                continue
            story.take(Step(action, None), at)
            if action != "resume_due":
                self._plan_reply(story, at)

    def adjusted(self, story: Story, step: Step) -> Step:
        """What has climbed meanwhile is checked, sent on and answered for by those who keep it now."""
        issue, transition = story.issue, WORKFLOW.by_action[step.action]
        if WORKFLOW.may(transition, issue, step.by):
            return step
        level = verifying_level(issue) if step.action in CHECKS else issue.level
        return replace(step, by=self.world.at_level(issue, level))

    def _due(self, story: Story, idle: bool) -> Iterator[tuple[datetime, str]]:
        issue = story.issue
        climbs = issue.status not in ENDED and (idle or issue.status in IN_WORK) and issue.holder != Holder.DISTRICT
        if issue.suspended_until:
            yield issue.suspended_until, "resume_due"
        elif issue.climb_at and climbs:
            yield issue.climb_at, "press" if issue.level == "district" else "climb"
        if self.reply_at:
            yield self.reply_at, "reply"

    def _plan_reply(self, story: Story, at: datetime) -> None:
        self.reply_at = None
        if self.rng.random() < ANSWERED:
            office = self.world.office
            self.reply_at = office.at(office.position(at) + self.rng.uniform(0.2, 0.9) * DAY)

    def _reply(self, story: Story, at: datetime) -> None:
        self.reply_at = None
        who, text = self._asked(story), self.rng.choice(REPLIES)
        issue, transition = story.issue, WORKFLOW.by_action["reply"]
        if who is None or not WORKFLOW.possible(transition, issue) or not WORKFLOW.may(transition, issue, who):
            return
        promise = (at + timedelta(days=self.rng.randint(1, 4))).date() if self.rng.random() < 0.5 else None
        story.take(Step("reply", who, text, more={"promised_on": promise}), at)
        for letter in story.rows[Supervision]:
            if letter.is_waiting:
                letter.reply, letter.promised_on, letter.replied_by, letter.replied_at = text, promise, who, at

    def _asked(self, story: Story) -> User | None:
        """Who answers the last letter: the organisation's liaison, or the level that it went to."""
        letter = story.rows[Supervision][-1]
        if letter.organisation:
            return self.world.liaison(letter.organisation)
        return self.world.at_level(story.issue, letter.addressee)

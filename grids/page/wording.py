"""An issue in words: its clock, and its steps with the people and places behind them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from grids.issues.clock import STEP_OF
from grids.issues.family import Family
from grids.issues.models import UNCOUNTED, Issue, IssueEvent, Light, Status
from grids.issues.words import working_words
from grids.issues.workflow import sentence_of
from grids.routing.why import rule_words
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import PLACE_ROLES, Role
from suzhou_portal.lib.cases.story import PORTAL, Told
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.templatetags.portal import short_time


def clock_words(issue: Issue, now: datetime | None = None) -> str:
    """How much working time is left, or has passed since the limit; how it ended for ended issues."""
    now, office = now or timezone.now(), calendar()
    if issue.status in UNCOUNTED:
        return f"{issue.get_status_display()}，不计时"
    if issue.suspended_until is not None:
        return f"至 {short_time(timezone.localdate(issue.suspended_until))}，停止计时"
    if issue.closed_at is not None:
        late = office.working_time_between(issue.due_at, issue.closed_at)
        return f"超期 {working_words(late)}办结" if issue.light == Light.OVERDUE else "按期办结"
    if now >= issue.due_at:
        late = office.working_time_between(issue.due_at, now)
        return f"已超期 {working_words(late)}" if late >= timedelta(minutes=1) else "已过期限"
    return f"工作时间还剩 {working_words(office.working_time_between(now, issue.due_at))}"


def step_words(issue: Issue, now: datetime | None = None) -> str:
    """Until when the step should be done: "11-24 10:30 前派办", and that it is late; "" without a limit of its own."""
    if not issue.is_open or issue.suspended_at is not None or issue.step_due_at in (None, issue.due_at):
        return ""
    words = f"{short_time(issue.step_due_at)} 前{STEP_OF[Status(issue.status)].label}"
    return f"{words}，已超" if (now or timezone.now()) >= issue.step_due_at else words


def visit_words(issue: Issue, now: datetime | None = None) -> str:
    """What was heard from the reporter, and until when they are to be asked (again); "" for neither."""
    parts = []
    if issue.visited_at is not None:
        parts.append(f"{issue.visit_answers}（{short_time(issue.visited_at)}）")
    if issue.visit_until is not None:
        until = short_time(issue.visit_until)
        parts.append(f"待回访，{until} 前" if issue.visit_until > (now or timezone.now()) else f"未在 {until} 前回访")
    if issue.visit_attempts:
        parts.append(f"{issue.visit_attempts} 次未联系上")
    return "；".join(parts)


@dataclass(frozen=True)
class Step(Told):
    """A line of the timeline: "11-22 14:05 民主街社区 张三 派办给 城管执法队：请于今日处理"."""

    other: str = ""  # the number of the part or duplicate whose step it is; "" for the issue itself
    rule: str = ""  # the routing rule that the step followed; "" where a person chose


def _post_words(post: Assignment) -> str:
    if post.role in PLACE_ROLES and post.grid_id:
        return f"{post.grid.community.name} {post.grid.name}"
    return str(post.target) if post.target else Role(post.role).label


def held_posts(events: Iterable[IssueEvent]) -> dict[int, Assignment]:
    """Event key → the post from which its actor acted: the first one in office on that day. One query."""
    events = list(events)
    held: dict[int, list[Assignment]] = defaultdict(list)
    # Whoever may read the issue may read from which post somebody acted on it.
    rows = Assignment.objects.filter(user__in={event.actor_id for event in events if event.actor_id})
    for post in rows.select_related("street", "community", "grid__community", "area", "organisation").order_by("id"):
        held[post.user_id].append(post)
    found = {}
    for event in events:
        day = timezone.localdate(event.at)
        posts = [
            post for post in held[event.actor_id or 0] if post.starts <= day and (post.ends is None or post.ends >= day)
        ]
        if posts:
            found[event.pk] = posts[0]
    return found


def posts_at(events: Iterable[IssueEvent]) -> dict[int, str]:
    """The posts of :func:`held_posts` in words. One query."""
    return {key: _post_words(post) for key, post in held_posts(events).items()}


def timeline(family: Family) -> list[Step]:
    """The steps of an issue, its parts and its duplicates, newest last. Two queries."""
    return steps_of(family.events(), family)


def steps_of(events: Iterable[IssueEvent], family: Family | None = None) -> list[Step]:
    """``events`` (with actor and organisation fetched) as lines. One query, or two when rules were followed."""
    events = list(events)
    posts = posts_at(events)
    # The portal's own step names its rule in the note.
    rules = rule_words(event.rule_id for event in events if event.actor_id)
    return [
        Step(
            at=event.at,
            who=" ".join(filter(None, [posts.get(event.pk), str(event.actor) if event.actor_id else PORTAL])),
            sentence=sentence_of(event),
            note=_own_note(event, family),
            action=event.action,
            actor=event.actor_id,
            before=event.from_status,
            after=event.to_status,
            key=event.pk,
            other=family.number_of(event.issue_id) if family else "",
            rule=rules.get(event.rule_id or 0, ""),
        )
        for event in events
    ]


def _own_note(event: IssueEvent, family: Family | None) -> str:
    """The note of a step; on the page of the whole not what the whistle has said to all once already."""
    repeated = family is not None and event.action == "call" and event.issue_id != family.issue.pk
    return "" if repeated else event.note


def handled_words(issue: Issue, event: Any) -> str:
    """What is said after a step: "SZ-2026-000123 已派办给 城管执法队", of a visit also what was heard."""
    heard = f"：{event.note.partition('。')[0]}" if event.action == "visit" else ""
    return f"{issue.number} 已{sentence_of(event)}{heard}"

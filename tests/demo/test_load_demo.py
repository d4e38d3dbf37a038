"""The demo district: the article's figures, histories that the workflow's table allows, work for every account."""

import re
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from communities.directory.models import Community
from covenants.agreements.models import Covenant
from grids.categories.models import LEVELS
from grids.clock.reckoning import reckoned_times
from grids.entry.demo import reported_by, tell_issue
from grids.findings.models import PatrolFinding
from grids.issues.clock import Times
from grids.issues.demo_world import AHEAD, read_world
from grids.issues.models import OPEN, Division, Issue, IssueEvent, Source, Status
from grids.issues.workflow import WORKFLOW
from grids.patrols import plans as patrol_plans
from grids.patrols.models import Patrol, PatrolPlan, PatrolStop
from grids.places.models import Area, Grid, GridPost
from grids.reporters.models import ReporterContact
from grids.routing.models import RoutingRule
from grids.routing.rules import compiled, stored
from grids.routing.services import try_out
from grids.searching.models import IssueText
from grids.supervision.models import UNANSWERED
from grids.tallies.measures import MEASURES, counted
from grids.tallies.models import IssueDayTally
from grids.visits.models import ReturnVisit
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.dashboards.demo.loading import Wish, load
from suzhou_portal.files.models import Attachment
from suzhou_portal.lib.demo.times import YEAR, OfficeTime, midnight, report_times
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.models import NumberSequence
from suzhou_portal.rules.numbers import next_number

TODAY = date(2026, 11, 20)
PASSWORD = "Lantern-river-27"
STORIES = 800
# The property companies and one more unit per community; the others have their covenants.
UNITS_WITH_ISSUES = 42
SMALL = Wish(scale=0.04, seed=7, today=TODAY)


@pytest.fixture(scope="module")
def district(django_db_setup, django_db_blocker):
    """The district, loaded once for this module; its tests see it inside their own transactions."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load(SMALL, password=PASSWORD)
        transaction.set_rollback(True)


@pytest.fixture
def loaded(district, db):
    """The district for one test."""
    return district


def test_the_places_and_people_are_those_of_the_article(loaded):
    assert Community.objects.count() == 21
    groups = Grid.objects.filter(kind="resident_group")
    assert groups.filter(has_party_branch=True).count() == 147
    assert groups.count() == 149  # two have just been founded: gaps of the coverage
    assert GridPost.objects.current().filter(kind="leader").count() == 6550
    assert GridPost.objects.current().filter(kind="secretary").count() == 147
    assert Grid.objects.aggregate(n=Sum("group_chats"))["n"] == 6000
    assert Grid.objects.filter(group_chats__gt=0).exclude(kind="building").count() == 0
    assert Organisation.objects.filter(is_unit=True).count() == 343
    assert Organisation.objects.filter(is_five_link=True).count() == 193
    people = Community.objects.aggregate(n=Sum("population"))["n"]
    assert round(12 + people / 21 * 0.5 * 12 / 10_000, 2) == 15.67
    assert Grid.objects.filter(households=0).count() < 60


def test_areas_cover_every_resident_group_once(loaded):
    assert Area.objects.count() == 22
    members = Counter(Area.grids.through.objects.values_list("grid_id", flat=True))
    assert set(members) == set(Grid.objects.filter(kind="resident_group").values_list("pk", flat=True))
    assert set(members.values()) == {1}
    for area in Area.objects.prefetch_related("grids"):
        assert {grid.street_id for grid in area.grids.all()} == {area.street_id}


def test_the_rows_are_valid(loaded):
    """Bulk loading skips ``full_clean``: what it would say is checked here, on a part of each."""
    for model in (Organisation, Area, User, Assignment):
        for row in model.objects.all()[::7]:
            row.full_clean()
    for model in (Grid, GridPost, Issue, ReturnVisit):
        for row in model.objects.all()[::97]:
            row.full_clean()


def test_issues_follow_one_another_by_time_and_number(loaded):
    rows = list(Issue.objects.filter(parent=None).order_by("id").values_list("number", "created_at"))
    assert loaded["网格事件"] == Issue.objects.count() > len(rows) > STORIES
    told = [at for _number, at in rows[:STORIES]]
    assert told == sorted(told)
    by_year = Counter(timezone.localdate(at).year for _number, at in rows)
    for year, count in by_year.items():
        numbers = [number for number, _at in rows if f"-{year}-" in number]
        assert numbers == [f"SZ-{year}-{index:06d}" for index in range(1, count + 1)]
        assert NumberSequence.objects.get(series="SZ", year=year).last == count
    with transaction.atomic():
        assert next_number(2026) == f"SZ-2026-{by_year[2026] + 1:06d}"


TOGETHER = {"merge", "split", "whistle", "ask_units"}


def test_every_history_is_one_that_the_workflow_allows(loaded):
    end = midnight(TODAY)
    actions, together = Counter(), Counter()
    for issue in Issue.objects.select_related("category", "reporter").prefetch_related("events__actor"):
        first, *steps = issue.events.all()
        if issue.is_part or TOGETHER & {event.action for event in steps}:
            together.update([first.action, *(event.action for event in steps)])
            assert first.at >= issue.created_at
            assert steps == [] or steps[-1].at < end
            continue
        assert (first.action, first.actor, first.at) == ("report", issue.reporter, issue.created_at)
        previous, stamps, reworks = first, {"close": None, "escalate": None, "reopen": None}, 0
        for event in steps:
            transition = WORKFLOW.by_action[event.action]
            assert event.from_status in transition.source, (issue, event.action)
            if transition.target is None or isinstance(transition.target, str):
                assert event.to_status == (transition.target or event.from_status)
            assert (event.from_status, event.from_level) == (previous.to_status, previous.to_level)
            climb = {"escalate": 1, "climb": 1, "send_down": -1}.get(event.action, 0)
            assert LEVELS.index(event.to_level) - LEVELS.index(event.from_level) == climb
            assert previous.at <= event.at < end
            assert (event.organisation_id is not None) == (event.action == "dispatch")
            stamps["escalate" if event.action == "climb" else event.action] = event.at
            reworks += event.action == "redo"
            previous = event
        assert (issue.status, issue.level) == (previous.to_status, previous.to_level)
        assert issue.version == len(steps) + 1
        assert issue.rework_count == reworks
        assert issue.escalated_at == stamps["escalate"]
        assert issue.reopened_at == stamps["reopen"]
        assert issue.closed_at == (stamps["close"] if issue.status == Status.CLOSED else None)
        letters = sum(event.action in {"climb", "press"} for event in steps)
        assert issue.supervisions.count() == letters
        assert bool(issue.supervised_level) == issue.supervisions.filter(UNANSWERED).exists()
        assert issue.closed_level == (issue.level if issue.status == Status.CLOSED else "")
        assert (issue.holder == "") == (issue.status not in OPEN)
        assert reckoned_times([issue])[issue.pk] == Times.of(issue), "as the calendar and the requests say"
        assert (issue.step_due_at is None) == (issue.status not in OPEN or issue.status in {"dispatched", "handling"})
        actions.update(event.action for event in steps)
    assert set(together) >= {"merge", "split", "part", "take", "whistle", "call", "report_in", "answer"}
    # Side roads are travelled as well.
    assert set(actions) >= {"accept", "dispatch", "assign_grid", "take", "start", "answer", "redo", "verify", "close"}
    assert actions["escalate"] > 10
    assert min(actions["climb"], actions["reply"]) > 5
    assert actions["void"] > 2
    assert min(actions[action] for action in ("ask_extension", "ask_suspension", "grant")) > 0


def test_duplicates_parts_contacts_and_photos_can_be_seen(loaded):
    assert Issue.objects.filter(status=Status.MERGED).count() > 10
    for division, least in ((Division.SPLIT, 8), (Division.WHISTLE, 12)):
        assert Issue.objects.filter(division=division).exclude(parent=None).count() >= least
    assert ReporterContact.objects.kept().count() > 20
    assert Attachment.objects.count() >= 3
    phones = {row.read().phone for row in ReporterContact.objects.all()}
    assert all(re.fullmatch(r"1990000\d{4}", phone) for phone in phones)


def test_patrols_follow_their_plans_and_three_quarters_are_fixed_on_the_spot(loaded):
    assert PatrolPlan.objects.count() == Area.objects.count() == 22
    findings = PatrolFinding.objects.all()
    share = findings.filter(handling="on_spot").count() / findings.count()
    assert 0.75 < share < 0.78, "the article: over 75%"
    assert set(findings.exclude(issue=None).values_list("issue__source", flat=True)) == {"patrol"}
    assert not findings.exclude(issue=None).filter(status="handed").exclude(issue__status__in=OPEN).exists()
    assert not findings.filter(status__in=["waiting", "confirmed"], issue__status__in=OPEN).exists()
    assert findings.filter(status="waiting").exists()
    for model in (PatrolPlan, Patrol, PatrolStop, PatrolFinding):
        for row in model.objects.all()[::37]:
            row.full_clean()
    for finding in findings.select_related("patrol", "stop"):
        assert finding.stop.looked_on is not None
        assert finding.patrol.started_on <= finding.found_on <= (finding.patrol.ended_on or TODAY)
    late = patrol_plans.stops_in_force(TODAY).filter(patrol_plans.overdue(TODAY))
    assert late.exists()


def test_what_a_patrol_found_fits_the_item_that_it_stands_under(loaded):
    found = PatrolFinding.objects.exclude(issue=None).select_related("item__category", "issue__category")
    fits = [row.item.category.code[:2] == row.issue.category.code[:2] for row in found if row.item.category]
    assert len(fits) > 10
    assert sum(fits) / len(found) > 0.9  # but for the few that wait for the demo accounts


def test_a_place_without_a_leaders_account_speaks_through_its_community(loaded):
    world = read_world(TODAY - timedelta(days=YEAR + 1), TODAY + AHEAD)
    bare = [grid for grid in world.all_grids if world.user(Role.GRID, world.group_of(grid)) is None]
    assert bare  # new places, which wait for their leaders
    world.any_grid = lambda rng: bare[0]
    place, reporter = reported_by(Source.GRID, world, Random(1))
    assert reporter == world.users[Role.COMMUNITY, bare[0].community_id]
    assert place in (bare[0], bare[0].community)


def test_for_every_step_of_many_more_stories_somebody_is_entitled(loaded):
    """What seldom meets (a climb between two steps, a complaint, a unit without sign-in) happens among many."""
    world = read_world(TODAY - timedelta(days=YEAR + 1), TODAY + AHEAD)
    rng = Random(620902)
    for at in report_times(1500, TODAY, rng):
        story = tell_issue(world, midnight(TODAY), rng, at)
        assert len(story.events) == story.issue.version


def test_the_shares_look_like_the_districts(loaded):
    closed = Issue.objects.filter(status="closed")
    levels = Counter(closed.values_list("closed_level", flat=True))
    assert 0.45 < levels["grid"] / closed.count() < 0.65
    assert 0.02 < levels["street"] / closed.count() < 0.2
    due = Issue.objects.exclude(status="void").filter(due_at__lt=midnight(TODAY))
    on_time = [row for row in due if row.closed_at and row.closed_at < row.due_at]
    assert 0.88 < len(on_time) / due.count() < 0.98
    working_hours = Issue.objects.filter(created_at__hour__in=range(9, 18)).count()
    assert working_hours > 0.6 * Issue.objects.count()
    assert {"reported", "dispatched", "answered"} <= set(Issue.objects.open().values_list("status", flat=True))


def test_reporters_were_asked_and_some_wait_for_it(loaded):
    visits = ReturnVisit.objects.all()
    assert visits.filter(reached=False).exists()
    steps = IssueEvent.objects.filter(action="visit")
    assert visits.count() == steps.count() == len({(row.issue_id, row.at) for row in visits})
    visited = Issue.objects.exclude(visited_at=None)
    asked = Issue.objects.filter(source="hotline", closed_at__lt=midnight(TODAY) - timedelta(days=20))
    assert 0.7 < asked.exclude(visited_at=None).count() / asked.count() < 0.99
    assert 0.8 < visited.filter(visit_resolved=True).count() / visited.count() <= 1
    for issue in visited.prefetch_related("visits"):
        last = max((row for row in issue.visits.all() if row.reached), key=lambda row: row.at)
        assert (last.at, last.responded, last.resolved, last.satisfaction) == (
            issue.visited_at, issue.visit_responded, issue.visit_resolved, issue.visit_satisfaction,
        )  # fmt: skip
    assert not Issue.objects.filter(visit_until__isnull=False).exclude(status="closed").exists()
    for post in Assignment.objects.filter(role=Role.COMMUNITY):
        waiting = Issue.objects.filter(community=post.community, visit_until__gt=midnight(TODAY))
        assert waiting.count() >= 2


@pytest.mark.parametrize("role", [Role.DISTRICT, Role.STREET, Role.COMMUNITY, Role.DEPARTMENT, Role.UNIT])
def test_each_account_of_the_role_has_something_in_hand(loaded, role):
    users = User.objects.filter(assignments__role=role)
    assert users
    for user in users:
        if role == Role.UNIT and int(user.username.removeprefix("unit.")) > UNITS_WITH_ISSUES:
            assert Covenant.objects.visible_to(user, Verb.COVENANTS_VIEW).exists(), user.username
        else:
            assert Issue.objects.visible_to(user).in_hand_of(user.scope_for()).exists(), user.username


def test_accounts_are_numbered_in_official_order(loaded):
    numbered = Assignment.objects.select_related("user", "community", "grid").filter(role=Role.COMMUNITY)
    codes = dict(Community.objects.order_by("code").values_list("code", "pk"))
    by_name = {post.user.username: post.community.code for post in numbered}
    assert by_name == {f"community.{number}": code for number, code in enumerate(codes, 1)}
    assert by_name["community.1"] == "620902001002"
    leader = User.objects.get(username="grid.1")
    assert GridPost.objects.get(user=leader).grid.code == "620902001002001"
    assert Issue.objects.visible_to(leader).in_hand_of(leader.scope_for()).exists()
    names = set(User.objects.values_list("username", flat=True))
    assert {"district", "auditor", "security", "system", "street.4", "area.22", "department.20", "unit.343"} <= names
    assert len(names) == 561


def test_the_demo_password_opens_the_door(loaded, client):
    answer = client.post(reverse("login"), {"username": "community.1", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(username="community.1").pk)


def test_search_text_and_tallies_are_complete(loaded):
    assert IssueText.objects.count() == Issue.objects.count()
    some = Issue.objects.last()
    assert some in Issue.objects.matching(some.number)
    recomputed = Counter()
    for issue in Issue.objects.all():
        for (_day, measure, *_place), n in counted(issue).items():
            recomputed[measure] += n
    stored = IssueDayTally.objects.filter(place_code="620902").aggregate(**{name: Sum(name) for name in MEASURES})
    assert stored == {name: recomputed[name] for name in MEASURES}


def test_nothing_in_it_looks_like_a_phone_or_an_identity_number(loaded):
    assert not User.objects.exclude(phone=None).exists()
    assert not GridPost.objects.exclude(telephone="").exists()
    texts = [*Issue.objects.values_list("description", "address"), *IssueEvent.objects.values_list("note")]
    assert not [text for row in texts for text in row if re.search(r"(?<!\d{4}-)(?<!\d)\d{5}|[{}]", text)]


def test_one_audit_entry_tells_of_the_load(loaded):
    entry = AuditEntry.objects.get(action="demo.load")
    assert entry.actor is None
    assert entry.changes["rows"]["网格事件"] == Issue.objects.count()
    made = AuditEntry.objects.exclude(action="demo.load").filter(object_type="grids.issue")
    assert made.count() < 250, "what goes through the services is the exception"
    assert entry.changes["seed"] == 7


def test_office_time_agrees_with_the_working_calendar(db):
    first = date(2026, 1, 20)
    office = OfficeTime(first, date(2026, 3, 20), calendar())
    start = midnight(first)
    for hours in range(0, 24 * 50, 7):
        moment = start + timedelta(hours=hours, minutes=hours % 60)
        passed = calendar().working_time_between(start, moment)
        assert office.position(moment) == passed.total_seconds()
        if passed:
            assert office.at(passed.total_seconds()) == calendar().add_working_time(start, passed)


def test_routing_rules_are_sound_and_agree_with_what_was_done(loaded):
    rules = list(RoutingRule.objects.all())
    assert len(rules) == loaded["路由规则"] == 8
    for rule in rules:
        rule.full_clean()
    trial = try_out(compiled(stored()), user=User.objects.get(username="district"), days=20_000)
    assert trial.same > len(trial.lines) / 5

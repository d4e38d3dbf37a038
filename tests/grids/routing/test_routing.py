"""Routing rules: which one counts, what it does by itself, why an issue is where it is."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.categories.models import Level
from grids.changes import services as grid_changes
from grids.issues.inputs import organisations_for
from grids.issues.models import Issue, IssueEvent, Status
from grids.issues.workflow import WORKFLOW
from grids.routing.models import RoutingRule
from grids.routing.rules import Rule, Rules, refusal, rules
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows import records
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make

pytestmark = pytest.mark.dialect


def make_rule(by, organisation, category=None, place=None, **fields):
    """A rule of ``by`` for a street, community or grid (None: the district)."""
    level = {"street": place} if place is not None and place._meta.model_name == "street" else {}
    if place is not None and not level:
        level = {place._meta.model_name: place}
    return records.create(RoutingRule(category=category, organisation=organisation, **level, **fields), by=by)


# --- which rule counts ----------------------------------------------------------------

GRIDS = {1: (1,), 2: (2, 1), 3: (3, 2, 1), 4: (4,)}  # building 3 in compound 2 in group 1; group 4
COMMUNITY_OF, STREET_OF = {1: 1, 2: 1, 3: 1, 4: 2}, {1: 1, 2: 1}
GROUPS = {11: 10, 12: 10, 21: 20}
PLACES = [("", 0), ("street", 1), ("community", 1), ("community", 2), *[("grid", key) for key in GRIDS]]


def rule_at(place, category):
    level, key = place
    keys = {"street": 0, "community": 0, "grid": 0, **({level: key} if level else {})}
    return Rule(
        pk=PLACES.index(place) * 100 + category,
        category=category,
        organisation=1,
        organisation_name="",
        organisation_street=0,
        is_called=False,
        organisation_active=True,
        automatic=False,
        words="",
        **keys,
    )


def rank(rule, issue):
    """How specific ``rule`` is for ``issue``, by the words of the brief; None when it does not cover it."""
    level, key = rule.place
    places = {"": [0], "street": [issue.street_id], "community": [issue.community_id]}
    nested = GRIDS.get(issue.grid_id, ())
    if key not in places.get(level, nested):
        return None
    if rule.category not in (0, issue.category_id, GROUPS.get(issue.category_id)):
        return None
    depth = len(nested) - nested.index(key) if level == "grid" else 0
    place = ["", "street", "community", "grid"].index(level)
    category = 0 if not rule.category else 2 if rule.category == issue.category_id else 1
    return (place, depth, category)


@settings(max_examples=300, deadline=None)
@given(
    chosen=st.sets(st.tuples(st.sampled_from(PLACES), st.sampled_from([0, 10, 11, 12, 20, 21])), max_size=25),
    grid=st.sampled_from([None, *GRIDS]),
    category=st.sampled_from([11, 12, 21]),
)
def test_the_rule_that_counts_is_the_most_specific_of_all(chosen, grid, category):
    every = [rule_at(place, key) for place, key in chosen]
    keys = {rule.grid for rule in every}
    above = {grid: tuple(key for key in line if key in keys) for grid, line in GRIDS.items()}
    community = COMMUNITY_OF.get(grid, 1)
    issue = SimpleNamespace(category_id=category, street_id=STREET_OF[community], community_id=community, grid_id=grid)
    covering = [rule for rule in every if rank(rule, issue) is not None]
    naive = max(covering, key=lambda rule: rank(rule, issue), default=None)
    found = Rules(every, above, GROUPS)
    assert found.rule_for(issue) == naive
    assert list(found.covering(issue)) == sorted(covering, key=lambda rule: rank(rule, issue), reverse=True)


def test_stored_rules_reach_the_buildings_below_a_grid(cast):
    make_rule(cast.district, cast.law)
    make_rule(cast.officer, cast.water, cast.lamp.parent, cast.s1)
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.g1)

    def organisation(place, category):
        issue = make.make_issue(cast.officer, place, category)
        return rules().rule_for(issue).organisation_name

    assert organisation(cast.building, cast.lamp) == "第一中学"
    assert organisation(cast.c2, cast.lamp) == "供排水公司"
    assert organisation(cast.c2, cast.litter) == "城管执法队"


def test_one_rule_for_a_category_and_place(cast):
    make_rule(cast.district, cast.law, cast.lamp, cast.c1)
    with pytest.raises(ValidationError, match="已有规则"):
        make_rule(cast.district, cast.water, cast.lamp, cast.c1, is_active=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoutingRule.objects.create(category=cast.lamp, community=cast.c1, street=cast.s1, organisation=cast.water)
    make_rule(cast.district, cast.law)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoutingRule.objects.create(organisation=cast.water)


def test_the_database_refuses_a_community_of_another_street(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoutingRule.objects.create(community=cast.c1, street=cast.s2, organisation=cast.law)


def test_the_organisation_of_one_street_is_for_its_own_rules_only(cast):
    for place in (None, cast.s1, cast.c1):
        with pytest.raises(ValidationError, match="只能用在这个街道的规则里"):
            make_rule(cast.district, cast.foreign_unit, cast.lamp, place)


def test_a_rule_does_what_the_people_of_the_level_may_do_themselves(cast):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    levels = {Level.COMMUNITY: cast.secretary, Level.STREET: cast.officer, Level.DISTRICT: cast.district}
    for level, keeper in levels.items():
        issue.level = level
        allowed = set(organisations_for(issue, keeper))
        for organisation in (cast.law, cast.water, cast.unit_org, cast.foreign_unit):
            row = RoutingRule(category=cast.lamp, organisation=organisation)
            assert (refusal(Rule.of(row), level, issue.street_id) == "") == (organisation in allowed)


def test_a_rule_of_a_closed_organisation_is_not_followed(cast):
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.s1, automatic=True)
    records.update(cast.unit_org, {"is_active": False}, by=cast.district)
    assert make.make_issue(cast.secretary, cast.c1, cast.lamp).status == Status.ACCEPTED


def test_a_rule_goes_along_when_its_grid_is_transferred(cast):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.g1)
    (heir,) = grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer).successors
    rule.refresh_from_db()
    assert (rule.grid, rule.community, rule.is_active) == (heir, cast.c2, True)


# --- by itself ------------------------------------------------------------------------


def actions(issue):
    return list(issue.events.values_list("action", flat=True))


def test_an_automatic_rule_dispatches_with_the_report(cast):
    rule = make_rule(cast.officer, cast.unit_org, cast.lamp, cast.c1, automatic=True)
    OutboxMessage.objects.all().delete()
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    assert (issue.status, issue.holder, issue.organisation) == (Status.DISPATCHED, "organisation", cast.unit_org)
    event = issue.events.get(action="route")
    assert (event.actor, event.rule, event.organisation) == (None, rule, cast.unit_org)
    assert event.note == f"路灯故障 × {cast.c1}"
    entry = AuditEntry.objects.get(action="issue.route", object_id=str(issue.pk))
    assert entry.actor is None
    message = OutboxMessage.objects.get()
    assert (message.audience["organisation"], message.url) == (cast.unit_org.pk, issue.get_absolute_url())
    back = WORKFLOW.apply(issue, "recall", by=cast.secretary)
    assert (back.status, back.holder) == (Status.ACCEPTED, "community")


def test_a_department_is_not_called_in_by_a_rule_at_the_community(cast):
    make_rule(cast.officer, cast.law, cast.lamp, cast.s1, automatic=True)
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    assert (issue.status, issue.holder) == (Status.REPORTED, "community")
    issue = WORKFLOW.apply(issue, "accept", by=cast.secretary)
    assert issue.status == Status.ACCEPTED
    issue = WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "须街道协调"})
    issue = WORKFLOW.apply(issue, "accept", by=cast.officer)
    assert (issue.status, issue.organisation) == (Status.DISPATCHED, cast.law)
    assert Issue.objects.get(pk=issue.pk).version == issue.version
    assert actions(issue) == ["report", "accept", "escalate", "accept", "route"]


def test_what_was_recalled_is_not_routed_a_second_time(cast):
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.c1, automatic=True)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    issue = WORKFLOW.apply(issue, "recall", by=cast.secretary)
    issue = WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "x"})
    issue = WORKFLOW.apply(issue, "accept", by=cast.officer)
    assert issue.status == Status.ACCEPTED


def test_nobody_takes_the_portals_own_step(cast):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.c1, automatic=True)
    assert "route" not in [transition.action for transition in WORKFLOW.available(issue, cast.officer)]


def test_an_automatic_rule_works_for_programs_too(cast, sign_in):
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.c1, automatic=True)
    body = {"place": cast.building.code, "category": cast.lamp.code, "description": "路灯不亮"}
    answer = sign_in(cast.secretary).post("/api/v1/issues/", body, content_type="application/json").json()
    assert (answer["status"], answer["organisation"], answer["version"]) == ("dispatched", "U01", 2)
    assert [step["action"] for step in answer["events"]] == ["report", "route"]
    assert answer["events"][1]["rule"] == f"路灯故障 × {cast.c1} → 第一中学"


def test_a_report_makes_no_more_queries_with_rules_than_without(cast):
    def queries(category):
        make.make_issue(cast.secretary, cast.building, category)
        with CaptureQueriesContext(connection) as captured:
            make.make_issue(cast.secretary, cast.building, category)
        return len(captured)

    before = queries(cast.lamp)
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.g1)
    make_rule(cast.officer, cast.law, cast.litter, cast.s1, automatic=True)
    assert queries(cast.lamp) == before
    assert queries(cast.litter) == before
    make_rule(cast.officer, cast.unit_org, cast.parking, cast.s1, automatic=True)
    assert queries(cast.parking) <= before + 2 <= 12


# --- by hand --------------------------------------------------------------------------


def field_of(issue, user):
    return WORKFLOW.form(issue, "dispatch", user)["organisation"]


def test_the_form_preselects_the_rules_organisation_and_says_why(cast, sign_in):
    make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    assert field_of(issue, cast.officer).value() == cast.law.pk
    assert field_of(issue, cast.secretary).value() is None
    page = sign_in(cast.officer).get(issue.get_absolute_url()).content.decode()
    assert f"按路由规则：路灯故障 × {cast.s1} → 城管执法队" in page
    page = sign_in(cast.secretary).get(issue.get_absolute_url()).content.decode()
    assert "未采用：职能部门须由街道召集" in page


def test_names_in_the_line_are_escaped(cast, sign_in):
    cast.law.name = "<script>x"
    cast.law.save()
    make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    assert "<script>x" not in sign_in(cast.officer).get(issue.get_absolute_url()).content.decode()


def test_a_dispatch_that_follows_the_rule_names_it_another_one_does_not(cast):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    followed, chosen = (make.make_issue(cast.secretary, cast.building, cast.lamp) for _ in range(2))
    WORKFLOW.apply(followed, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    WORKFLOW.apply(chosen, "dispatch", by=cast.officer, inputs={"organisation": cast.water.pk})
    assert IssueEvent.objects.get(issue=followed, action="dispatch").rule == rule
    assert IssueEvent.objects.get(issue=chosen, action="dispatch").rule is None


def test_the_issue_says_why_it_is_there_since_when_and_by_whom(cast, sign_in):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    # What was changed afterwards was not the reason.
    records.update(rule, {"organisation": cast.water}, by=cast.district)
    page = sign_in(cast.officer).get(issue.get_absolute_url()).content.decode()
    assert "为什么派到这里" in page
    assert f"路灯故障 × {cast.s1} → 城管执法队" in page
    assert f"{cast.officer.name}设定" in page
    assert f'href="/grids/routing-rules/{rule.pk}/"' in page
    page = sign_in(cast.department).get(issue.get_absolute_url()).content.decode()
    assert "为什么派到这里" in page
    assert "/grids/routing-rules/" not in page

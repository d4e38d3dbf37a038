"""The register of routing rules and their trial."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from grids.routing.models import RoutingRule
from grids.routing.rules import Rule, compiled, stored
from grids.routing.services import shown, try_out
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make
from tests.grids.routing.test_routing import make_rule

URL = "/grids/routing-rules/"


def draft(cast, **fields):
    return {
        "category": cast.lamp.code,
        "street": cast.s1.code,
        "organisation": cast.law.code,
        "is_active": "on",
        **fields,
    }


# --- who may --------------------------------------------------------------------------


def test_a_street_sees_the_districts_rules_and_changes_its_own(cast, sign_in):
    whole = make_rule(cast.district, cast.law)
    own = make_rule(cast.officer, cast.law, cast.lamp, cast.c1)
    client = sign_in(cast.officer)
    page = client.get(URL).content.decode()
    assert "全区" in page
    assert str(cast.c1) in page
    assert client.get(f"{URL}{whole.pk}/").status_code == 200
    assert client.get(f"{URL}{whole.pk}/edit/").status_code == 403
    assert client.post(f"{URL}{whole.pk}/edit/", {"organisation": "D02", "version": 1}).status_code == 403
    assert client.get(f"{URL}{own.pk}/edit/").status_code == 200
    other = sign_in(cast.other_officer)
    assert other.get(f"{URL}{own.pk}/").status_code == 404
    assert other.get(f"{URL}{whole.pk}/").status_code == 200
    for user in (cast.secretary, cast.leader, cast.department, cast.system, cast.auditor):
        assert sign_in(user).get(URL).status_code == 403


def test_a_street_makes_no_rule_for_the_district_or_another_street(cast, sign_in):
    client = sign_in(cast.officer)
    assert client.post(f"{URL}new/", draft(cast, street="")).status_code == 422
    assert client.post(f"{URL}new/", draft(cast, street=cast.s2.code)).status_code == 422
    assert (
        client.post("/api/v1/routing-rules/", {"organisation": "D01"}, content_type="application/json").status_code
        == 400
    )
    assert not RoutingRule.objects.exists()
    answer = client.post(f"{URL}new/", draft(cast, street=cast.s1.code))
    rule = RoutingRule.objects.get()
    assert answer.url == f"{URL}{rule.pk}/"
    assert AuditEntry.objects.get(object_type="grids.routingrule").action == "create"


def test_the_district_makes_one_for_everywhere(cast, sign_in):
    answer = sign_in(cast.district).post(f"{URL}new/", draft(cast, street="", category=""))
    assert str(RoutingRule.objects.get()) == "各类事件 × 全区"
    assert answer.status_code == 302


def test_what_a_rule_is_about_stays(cast, sign_in):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    data = {**draft(cast, category=cast.litter.code, organisation="D02"), "version": 1}
    assert sign_in(cast.officer).post(f"{URL}{rule.pk}/edit/", data).status_code == 302
    rule.refresh_from_db()
    assert (rule.category, rule.organisation) == (cast.lamp, cast.water)


# --- the trial ------------------------------------------------------------------------


@pytest.fixture
def issues(cast):
    """Lamps and litter in both communities of street 1, one in street 2; one lamp was dispatched."""
    places = [(cast.secretary, cast.building), (cast.secretary, cast.c1), (cast.sibling, cast.c2)]
    found = [make.make_issue(by, place, cast.lamp) for by, place in places]
    found.append(make.make_issue(cast.secretary, cast.c1, cast.litter))
    found.append(make.make_issue(cast.other_officer, cast.c3, cast.lamp))
    WORKFLOW.apply(found[0], "dispatch", by=cast.officer, inputs={"organisation": cast.unit_org.pk})
    return found


def test_the_trial_counts_by_organisation_against_what_was_done(cast, sign_in, issues):
    rule = make_rule(cast.officer, cast.unit_org, cast.lamp, cast.s1)
    answer = sign_in(cast.officer).get(f"{URL}{rule.pk}/")
    assert answer.context["organisations"] == [
        {"name": "第一中学", "would": 3, "went": 1, "same": 1},
        {"name": "未派单位", "would": 0, "went": 2, "same": 0},
    ]
    assert [row["number"] for row in answer.context["rows"]] == [
        issue.number for issue in (issues[2], issues[1], issues[0])
    ]
    assert f'href="/issues/{issues[0].number}/"' in answer.content.decode()


def test_the_trial_says_why_a_rule_would_not_be_followed(cast, sign_in, issues):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.s1, automatic=True)
    page = sign_in(cast.officer).get(f"{URL}{rule.pk}/").content.decode()
    assert "街道派办时预选 3 件（职能部门由街道召集）" in page


def test_the_trial_stays_in_scope(cast, sign_in, issues):
    make_rule(cast.district, cast.law, cast.lamp)
    street = sign_in(cast.officer).get(f"{URL}trial/").context["trial"]
    assert (street.looked_at, len(street.lines)) == (4, 3)
    district = sign_in(cast.district).get(f"{URL}trial/").context["trial"]
    assert (district.looked_at, len(district.lines)) == (5, 4)
    assert sign_in(cast.secretary).get(f"{URL}trial/").status_code == 403


def test_conflicts_with_other_rules_are_shown(cast, sign_in, issues):
    make_rule(cast.district, cast.law)
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.c1)
    middle = make_rule(cast.officer, cast.water, cast.lamp, cast.s1)
    answer = sign_in(cast.officer).get(f"{URL}{middle.pk}/")
    trial = answer.context["trial"]
    assert {rule.sentence: count for rule, count in trial.stronger.items()} == {f"路灯故障 × {cast.c1} → 第一中学": 2}
    assert {rule.sentence: count for rule, count in trial.displaced.items()} == {"各类事件 × 全区 → 城管执法队": 1}
    page = answer.content.decode()
    assert "让位于更具体的规则" in page
    assert "取代原来适用的规则" in page


def test_a_draft_is_tried_and_not_saved(cast, sign_in, issues):
    client = sign_in(cast.officer)
    answer = client.post(f"{URL}new/", draft(cast, organisation=cast.unit_org.code, trial="1"))
    assert answer.status_code == 200
    assert answer.context["organisations"][0] == {"name": "第一中学", "would": 3, "went": 1, "same": 1}
    assert "规则还没有保存" in answer.content.decode()
    assert not RoutingRule.objects.exists()
    assert client.post(f"{URL}new/", draft(cast, organisation="", trial="1")).status_code == 422
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    data = {"organisation": cast.unit_org.code, "is_active": "on", "version": 1, "trial": "1"}
    answer = client.post(f"{URL}{rule.pk}/edit/", data)
    assert answer.context["organisations"][0]["name"] == "第一中学"
    rule.refresh_from_db()
    assert rule.organisation == cast.law


def test_the_trial_says_what_would_have_happened(cast):
    """The same reports once tried and once really made: automatic routes are those of the trial."""
    reports = [
        (by, place, category, severity)
        for by, place in ((cast.secretary, cast.building), (cast.officer, cast.c2), (cast.leader, cast.g1))
        for category in (cast.lamp, cast.litter, cast.parking)
        for severity in ("normal", "major")
    ]
    before = [make.make_issue(by, place, category, severity=severity) for by, place, category, severity in reports]
    make_rule(cast.district, cast.law, automatic=True)
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.c1, automatic=True)
    make_rule(cast.officer, cast.water, cast.litter, cast.c2)
    trial = try_out(compiled(stored()), user=cast.district, days=7)
    told = {line.row.id: line.would if line.is_automatic else None for line in trial.lines}
    assert len(told) == len(before)
    assert len(set(told.values())) == 3
    for issue, (by, place, category, severity) in zip(before, reports, strict=True):
        again = make.make_issue(by, place, category, severity=severity)
        assert again.organisation_id == told[issue.pk], again
        assert (again.status == Status.DISPATCHED) == (told[issue.pk] is not None)


def test_a_trial_looks_back_as_far_as_asked(cast, sign_in, issues):
    rule = make_rule(cast.officer, cast.unit_org, cast.lamp, cast.s1)
    Issue.objects.filter(pk=issues[0].pk).update(created_at=timezone.now() - timedelta(days=20))
    client = sign_in(cast.officer)
    assert len(client.get(f"{URL}{rule.pk}/", {"days": 7}).context["trial"].lines) == 2
    assert len(client.get(f"{URL}{rule.pk}/", {"days": 30}).context["trial"].lines) == 3
    for nonsense in ("x", "-1", "99999999", "٣"):
        answer = client.get(f"{URL}{rule.pk}/", {"days": nonsense, "page": nonsense})
        assert len(answer.context["trial"].lines) == 3


def test_a_trial_makes_the_same_few_queries_whatever_the_rows(cast, sign_in):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.g1)

    def queries():
        client = sign_in(cast.officer)
        client.get(f"{URL}{rule.pk}/")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{URL}{rule.pk}/")
            client.get(f"{URL}trial/")
        return len(captured)

    make.many_issues(cast.secretary, cast.building, cast.lamp, 10)
    few = queries()
    make.many_issues(cast.secretary, cast.building, cast.lamp, 50)
    make_rule(cast.officer, cast.water, cast.litter, cast.s1)
    assert queries() == few
    assert few <= 32


def test_sixty_rows_come_on_two_pages(cast, sign_in):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    make.many_issues(cast.secretary, cast.building, cast.lamp, 60)
    client = sign_in(cast.officer)
    first, second = (client.get(f"{URL}{rule.pk}/", {"page": page}).context for page in (1, 2))
    assert (len(first["rows"]), first["more"], len(second["rows"]), second["more"]) == (50, True, 10, False)


def test_words_of_the_rows(cast, issues):
    rule = make_rule(cast.officer, cast.unit_org, cast.lamp, cast.s1)
    trial = try_out(compiled(stored()), user=cast.officer, days=7, focus=Rule.of(rule))
    row = shown(trial.lines)[-1]
    assert (row["place"], row["would"], row["went"]) == (
        f"{cast.c1} {cast.compound} {cast.building}",
        "第一中学",
        "第一中学",
    )
    assert (row["how"], row["same"]) == ("派办时预选", "一致")


def test_a_building_is_named_with_its_compound(cast, sign_in):
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.building)
    assert str(rule) == f"路灯故障 × {cast.c1} 1号小区 1号楼"
    assert f"{cast.c1} 1号小区 1号楼" in sign_in(cast.officer).get(URL).content.decode()

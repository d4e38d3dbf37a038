"""更正: what was reported wrongly is set right, and all that follows from it follows."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.issues import clock
from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from grids.places.finding import describe, place_words
from grids.tallies import services as tallies
from grids.tallies.totals import tallied
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.lib.time.worktime import Limit, Unit
from suzhou_portal.notices.models import OutboxMessage
from suzhou_portal.rules.calendars import calendar
from tests import factories as make
from tests.dashboards.figures.test_exactness import DISTRICT, from_rows
from tests.dashboards.walk import Walk
from tests.grids.routing.test_routing import make_rule


def correct(issue, by, **inputs):
    return WORKFLOW.apply(issue, "correct", by=by, inputs={"note": "填错了", **inputs})


@pytest.fixture
def issue(cast):
    return make.make_issue(cast.secretary, cast.building, cast.lamp, "路灯不亮", address="北门")


def test_another_category_brings_its_limit_counted_from_the_report(cast, issue):
    began = timezone.now() - timedelta(days=4)
    Issue.objects.filter(pk=issue.pk).update(created_at=began, clock_started_at=began)
    issue = correct(issue, cast.secretary, category=cast.parking.pk)
    fresh = Issue(category=cast.parking)
    clock.start(fresh, began)
    for name in ("limit", "limit_unit", "warn_at", "due_at"):
        assert getattr(issue, name) == getattr(fresh, name)
    assert issue.climb_at > issue.due_at
    assert (issue.address, issue.grid, issue.status) == ("北门", cast.building, Status.ACCEPTED)


def test_what_was_granted_stays_granted_under_another_limit(cast, issue):
    plain = make.make_issue(cast.secretary, cast.building, cast.lamp)
    Issue.objects.filter(pk=plain.pk).update(clock_started_at=issue.clock_started_at)
    asked = WORKFLOW.apply(
        issue, "ask_extension", by=cast.secretary, inputs={"amount": 3, "unit": "days", "note": "等材料"}
    )
    issue = WORKFLOW.apply(asked, "grant", by=cast.officer)
    issue = correct(issue, cast.secretary, category=cast.parking.pk)
    plain = correct(plain, cast.secretary, category=cast.parking.pk)
    assert (issue.extensions, issue.limit) == (1, plain.limit)
    assert calendar().extended(plain.due_at, Limit(3, Unit.DAYS)) == issue.due_at


def test_the_step_says_what_was_changed_and_why(cast, issue):
    correct(issue, cast.secretary, category=cast.parking.pk, address="南门", severity="serious")
    event = issue.events.get(action="correct")
    assert event.note == (
        "分类由“路灯故障”改为“占道停车”；具体位置由“北门”改为“南门”；程度由“一般”改为“较重”。原因：填错了"
    )
    changes = AuditEntry.objects.get(action="issue.correct").changes
    assert changes["category"] == [cast.lamp.pk, cast.parking.pk]
    assert changes["address"] == ["北门", "南门"]


def test_nothing_changed_is_no_correction(cast, issue):
    with pytest.raises(ValidationError, match="没有改动"):
        correct(issue, cast.secretary, category=cast.lamp.pk, place=cast.building.code, address="北门")
    assert Issue.objects.get(pk=issue.pk).version == 1


def test_a_place_is_named_by_code_or_words_and_only_in_scope(cast, issue):
    assert correct(issue, cast.secretary, place="第1居民小组").grid == cast.g1
    assert correct(issue, cast.secretary, place=f"{cast.s1} {cast.c1}").grid is None
    assert correct(issue, cast.secretary, place=cast.compound.code).grid == cast.compound
    for place in (cast.c2.code, cast.c3.code, str(cast.c3), "没有这里", "\x00"):
        with pytest.raises(ValidationError):
            correct(issue, cast.secretary, place=place)


def test_a_place_left_as_it_is_need_not_be_unique(cast, sign_in):
    second = make.make_grid(cast.c1, 2)
    twin = make.make_grid(second, 1)  # 1号小区, too, in another resident group
    issue = make.make_issue(cast.secretary, twin, cast.lamp)
    words = WORKFLOW.form(issue, "correct", cast.secretary)["place"].value()
    assert correct(issue, cast.secretary, place=words, address="南门").grid == twin
    with pytest.raises(ValidationError, match="有多处符合"):
        correct(make.make_issue(cast.secretary, cast.c1, cast.lamp), cast.secretary, place=words)


def test_the_words_of_a_place_are_the_same_everywhere(cast):
    for place in (cast.s1, cast.c1, cast.g1, cast.compound, cast.building):
        issue = make.make_issue(cast.officer, place, cast.lamp)
        assert place_words(Issue.objects.get(pk=issue.pk)) == describe(place)


def test_who_may_correct(cast, issue):
    for user in (cast.sibling, cast.leader, cast.department, cast.other_officer):
        with pytest.raises(ActionForbidden):
            correct(issue, user, address="南门")
    assert correct(issue, cast.officer, address="南门").address == "南门"
    done = WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "x"})
    with pytest.raises(ActionNotPossible):
        correct(done, cast.secretary, address="西门")


def test_a_graver_issue_goes_to_the_level_where_it_would_have_started(cast, issue):
    issue = correct(issue, cast.secretary, severity="major")
    assert (issue.level, issue.holder, issue.status) == ("street", "street", Status.REPORTED)
    issue = correct(issue, cast.officer, severity="normal")
    assert (issue.level, issue.holder, issue.status) == ("community", "community", Status.REPORTED)
    assert issue.escalated_at is None


def test_a_lighter_category_does_not_take_an_escalated_issue_down(cast, issue):
    issue = WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "x"})
    assert correct(issue, cast.officer, category=cast.litter.pk).level == "street"


def test_a_category_of_the_grid_goes_down_to_the_grid_and_up_again_without_one(cast, issue):
    issue = correct(issue, cast.secretary, category=cast.litter.pk)
    assert (issue.level, issue.holder) == ("grid", "grid")
    issue = correct(issue, cast.secretary, place=cast.c1.code)
    assert (issue.level, issue.holder, issue.grid) == ("community", "community", None)


def test_an_organisation_keeps_what_it_works_on(cast, issue):
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    issue = correct(issue, cast.officer, place=cast.c2.code, category=cast.parking.pk, severity="major")
    assert (issue.status, issue.holder, issue.organisation) == (Status.DISPATCHED, "organisation", cast.law)
    assert (issue.community, issue.level) == (cast.c2, "street")


def test_the_people_of_another_place_begin_anew_and_both_are_told(cast, issue):
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
    OutboxMessage.objects.all().delete()
    issue = correct(issue, cast.officer, place=cast.c2.code)
    assert (issue.status, issue.holder, issue.community, issue.grid) == (Status.ACCEPTED, "community", cast.c2, None)
    told = {message.audience["community"]: (message.title, message.url) for message in OutboxMessage.objects.all()}
    assert told[cast.c2.pk] == (f"{issue.number} 更正，请安排办理", issue.get_absolute_url())
    assert told[cast.c1.pk] == (f"{issue.number} 地点更正，已转到别处办理", "/issues/")


def test_an_answered_issue_is_checked_where_it_is_now(cast, issue):
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
    issue = WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "好了"})
    issue = correct(issue, cast.officer, place=cast.s1.code)
    assert (issue.status, issue.holder, issue.level) == (Status.ANSWERED, "street", "street")


def test_search_and_letters_follow(cast, issue):
    WORKFLOW.apply(issue, "supervise", by=cast.district, inputs={"note": "催办"})
    issue = correct(issue, cast.officer, place=cast.c2.code, category=cast.parking.pk)
    assert issue.supervisions.get().community == cast.c2
    assert Issue.objects.matching("占道停车").get() == issue
    assert Issue.objects.matching(cast.c2.name).get() == issue


def test_routing_follows_what_nobody_has_dispatched(cast, issue):
    rule = make_rule(cast.officer, cast.unit_org, cast.parking, cast.c1, automatic=True)
    issue = correct(issue, cast.secretary, category=cast.parking.pk)
    assert (issue.status, issue.organisation) == (Status.DISPATCHED, cast.unit_org)
    assert issue.events.get(action="route").rule == rule


def test_a_whole_whose_parts_are_open_stays(cast, issue):
    issue = WORKFLOW.apply(issue, "split", by=cast.secretary, inputs={"parts": "一件\n另一件"})
    with pytest.raises(ActionNotPossible):
        correct(issue, cast.secretary, address="南门")
    with pytest.raises(ActionNotPossible):
        correct(issue.parts.first(), cast.secretary, address="南门")


def test_the_page_offers_it_and_says_when_the_issue_has_gone(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    assert 'id="act-correct"' in client.get(issue.get_absolute_url()).content.decode()
    data = {"version": 1, "category": cast.lamp.pk, "place": cast.compound.code, "address": "", "note": "不在这栋"}
    answer = client.post(f"{issue.get_absolute_url()}correct/", data, follow=True)
    assert f"{issue.number} 已更正" in answer.content.decode()
    issue.refresh_from_db()
    assert (issue.grid, issue.address) == (cast.compound, "")


def test_programs_send_only_what_is_wrong(cast, sign_in, issue):
    url = f"/api/v1/issues/{issue.pk}/actions/correct/"
    body = {"category": cast.parking.code, "note": "不是路灯", "version": 1}
    answer = sign_in(cast.secretary).post(url, body, content_type="application/json")
    assert answer.status_code == 200
    assert (answer.json()["category"], answer.json()["address"]) == ("0301", "北门")


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_figures_stay_exact_whatever_is_corrected(cast, monkeypatch, seed):
    walk, chance = Walk(cast, seed, monkeypatch, datetime(2026, 6, 20, 1, 30, tzinfo=UTC)), random.Random(seed)
    codes = [row.code for row in (cast.s1, cast.s2, cast.c1, cast.c2, cast.c3)]
    corrected = 0
    for _ in range(100):
        walk.step()
        issue, user = chance.choice(list(Issue.objects.all())), chance.choice(walk.users)
        inputs = {
            "category": chance.choice([cast.lamp, cast.litter, cast.parking]).pk,
            "place": chance.choice(walk.places).code,
            "severity": chance.choice(["", "normal", "serious", "major"]),
        }
        try:
            correct(issue, user, **inputs)
            corrected += 1
        except (ValidationError, ActionForbidden, ActionNotPossible):
            pass
        if chance.random() < 0.2:
            tallies.fold_deltas(limit=chance.choice([1, 3, 1000]))
        first = timezone.localdate() - timedelta(days=chance.randrange(0, 60))
        days = first, first + timedelta(days=chance.randrange(0, 60))
        totals, rows = tallied(DISTRICT, codes, {"now": (*days, days[1])}), from_rows(*days)
        for code in (DISTRICT, *codes):
            assert +totals.of(code, "now") == +rows.get(code, Counter())
    assert corrected >= 8


def test_the_parts_of_a_whole_go_along_to_its_place(cast, issue, sign_in):
    keys = [cast.law.pk, cast.water.pk]
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs={"organisations": keys, "note": "到场"})
    parts = Issue.objects.filter(parent=issue).order_by("id")
    for part, user in zip(parts, (cast.department, cast.other_department), strict=True):
        WORKFLOW.apply(part, "answer", by=user, inputs={"note": "好了"})
    issue.refresh_from_db()
    issue = correct(issue, cast.officer, place=cast.c2.code)
    for part in parts.all():
        assert (part.community, part.grid, part.status, part.holder) == (cast.c2, None, Status.ANSWERED, "community")
        assert part.level == issue.level
        assert part.version == part.events.count()
        assert AuditEntry.objects.filter(action="issue.go_along", object_id=str(part.pk)).count() == 1
    part = parts.first()
    # The people of the place that it has left could open it again through a part.
    assert not Issue.objects.visible_to(cast.secretary).filter(pk=part.pk).exists()
    with pytest.raises(ActionForbidden):
        WORKFLOW.apply(part, "redo", by=cast.secretary, inputs={"note": "重做"})
    assert "随总件更正地点" in sign_in(cast.sibling).get(part.get_absolute_url()).content.decode()
    WORKFLOW.apply(part, "redo", by=cast.sibling, inputs={"note": "重做"})


def test_another_category_leaves_the_parts_alone(cast, issue):
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs={"organisations": [cast.law.pk], "note": "到场"})
    part = Issue.objects.get(parent=issue)
    WORKFLOW.apply(part, "answer", by=cast.department, inputs={"note": "好了"})
    issue.refresh_from_db()
    correct(issue, cast.officer, category=cast.parking.pk)
    assert not part.events.filter(action="go_along").exists()

"""Properties of random walks through the table: merging leaves no trace once taken back, wholes agree with parts."""

from collections import Counter
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.issues.models import OPEN, Issue
from grids.issues.workflow import WORKFLOW
from grids.parts.workflow import is_done
from grids.tallies.measures import counted
from grids.tallies.models import IssueDelta
from tests import factories as make
from tests.grids.mediation.made import kind

WALK = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10_000)), max_size=10)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def people(cast):
    return [cast.secretary, cast.officer, cast.district, cast.liaison, cast.leader]


def inputs_for(cast, main):
    return {
        "note": "说明",
        "organisation": cast.unit_org.pk,
        "organisations": [cast.unit_org.pk],
        "parts": "一\n二",
        "into": main.number,
        "demand": "",
        "promised_on": "",
        "amount": 2,
        "unit": "days",
        "until": timezone.localdate() + timedelta(days=9),
        "severity": "serious",
        "place": main.community.code,
        "reached": "true",
        "responded": "true",
        "resolved": "false",
        "satisfaction": "fairly",
        "reopen": "on",
        "dispute_kind": kind().code,
        "party_a": "resident",
        "party_b": "merchant",
    }


def wander(cast, main, walk, *, without=()):
    """Let people take steps on any issue but ``main``: (who, which) numbers pick among what is possible."""
    users = people(cast)
    for who, which in walk:
        rows = list(Issue.objects.exclude(pk=main.pk).order_by("id"))
        issue, user = rows[which % len(rows)], users[who]
        actions = [t.action for t in WORKFLOW.available(issue, user) if t.action not in without]
        if actions:
            try:
                WORKFLOW.apply(issue, actions[which % len(actions)], by=user, inputs=inputs_for(cast, main))
            except ValidationError:
                assert {"merge", "correct", "visit", "to_mediation", "ask_units"} & set(actions)


def state(issue):
    fresh = Issue.objects.get(pk=issue.pk)
    return {field.attname: getattr(fresh, field.attname) for field in Issue._meta.concrete_fields} | {"version": 0}


def tallied():
    found = Counter()
    for delta in IssueDelta.objects.all():
        found[delta.day, delta.measure, delta.community_code, delta.category_id] += delta.n
    return +found


@FEW
@given(walk=WALK)
def test_merging_and_taking_it_back_restores_state_and_tallies(cast, walk):
    with transaction.atomic():
        main = make.make_issue(cast.secretary, cast.c1, cast.lamp)
        make.make_issue(cast.leader, cast.building, cast.litter)
        wander(cast, main, walk, without=("merge",))
        for issue in Issue.objects.filter(status__in=OPEN, parent=None).exclude(holder="parts").exclude(pk=main.pk):
            before, figures = state(issue), tallied()
            WORKFLOW.apply(issue, "merge", by=cast.district, inputs={"into": main.number})
            assert tallied() != figures
            WORKFLOW.apply(issue, "unmerge", by=cast.district, inputs={"note": "不是一回事"})
            assert state(issue) == before
            assert tallied() == figures
        transaction.set_rollback(True)


@FEW
@given(walk=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10_000)), max_size=25))
def test_wholes_agree_with_their_parts_and_tallies_with_the_rows(cast, walk):
    with transaction.atomic():
        main = make.make_issue(cast.secretary, cast.c1, cast.lamp)
        make.make_issue(cast.leader, cast.building, cast.lamp)
        wander(cast, main, walk)
        expected = Counter()
        for issue in Issue.objects.all():
            assert issue.open_parts == sum(not is_done(part) for part in issue.parts.all())
            assert (issue.holder == "parts") == bool(issue.open_parts)
            assert (issue.status == "merged") == (issue.merged_into_id is not None)
            assert issue.events.count() == issue.version
            assert issue.clock_requests.filter(decision="").exists() == bool(issue.asked_level)
            running = issue.clock_requests.filter(kind="suspension", decision="granted", ended_at=None)
            assert running.exists() == (issue.suspended_at is not None)
            for (_day, measure, *_rest), n in counted(issue).items():
                expected[measure] += n
        found = Counter()
        for (_day, measure, *_rest), n in tallied().items():
            found[measure] += n
        assert found == expected
        transaction.set_rollback(True)

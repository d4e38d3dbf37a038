"""群众满意: what residents say of the issues that co-building solved, beside the evaluation."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from covenants.agreements.models import Covenant
from covenants.agreements.workflow import WORKFLOW as COVENANTS
from covenants.deliveries.models import Commitment
from covenants.deliveries.satisfaction import Satisfaction, satisfaction_with
from covenants.lists.models import Need
from grids.issues.workflow import WORKFLOW
from tests import factories as make
from tests.covenants import made

pytestmark = pytest.mark.dialect
CALLED = {"reached": "true", "responded": "true", "resolved": "true"}
UNREACHED = {"reached": "false"}


def asked(cast, **fields):
    """An issue of the hotline that has become a need."""
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, source="hotline", **fields)
    wanted = {"kind": "skills", "title": "请电工检修路灯", "description": ""}
    issue = WORKFLOW.apply(issue, "ask_units", by=cast.secretary, inputs=wanted)
    return issue, Need.objects.get(issue=issue)


def covenant_for(cast, *needs):
    items = [made.task(f"t{n}", "1", need=need.number) for n, need in enumerate(needs)]
    return made.signed(cast, made.some_terms(*items, begins=made.day(-60)))


def heard(cast, issue, satisfaction):
    """Close the issue and ask its reporter."""
    issue.refresh_from_db()
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    answers = {**CALLED, "satisfaction": satisfaction} if satisfaction else UNREACHED
    return WORKFLOW.apply(issue, "visit", by=cast.secretary, inputs=answers)


def counts(found: Satisfaction):
    return found.solved, found.visited, found.satisfied


@pytest.fixture
def solved(cast):
    """Five issues of one covenant: satisfied, fairly so, not so, not reached, and not delivered yet."""
    pairs = [asked(cast, description=f"第{n}盏路灯不亮") for n in range(5)]
    covenant = covenant_for(cast, *(need for _issue, need in pairs))
    for commitment in covenant.commitments.order_by("key")[:4]:
        made.deliver(cast, commitment, quantity=1)
    for (issue, _need), answer in zip(pairs, ("satisfied", "fairly", "dissatisfied", ""), strict=False):
        heard(cast, issue, answer)
    return covenant


def test_it_counts_the_issues_that_the_covenant_solved(cast, solved):
    assert counts(satisfaction_with(solved.commitments.all())) == (4, 3, 2)
    other = covenant_for(cast, asked(cast)[1])
    assert counts(satisfaction_with(other.commitments.all())) == (0, 0, 0)
    with CaptureQueriesContext(connection) as sent:
        satisfaction_with(Commitment.objects.filter(covenant__in=[solved, other]))
    assert len(sent) == 1


def test_who_was_asked_before_the_delivery_speaks_of_something_else(cast, solved):
    # The delivery was confirmed a day after the call: what was said was not said of it.
    Commitment.objects.filter(pk=solved.commitments.order_by("key")[0].pk).update(fulfilled_on=made.day(1))
    assert counts(satisfaction_with(solved.commitments.all())) == (4, 2, 1)


def test_cancelled_promises_and_void_issues_do_not_count(cast, solved):
    first, second = solved.commitments.order_by("key")[:2]
    Commitment.objects.filter(pk=first.pk).update(is_cancelled=True)
    assert counts(satisfaction_with(solved.commitments.all())) == (3, 2, 1)
    issue = second.need.issue
    type(issue).objects.filter(pk=issue.pk).update(status="void", visit_until=None, closed_at=None, closed_level="")
    assert counts(satisfaction_with(solved.commitments.all())) == (2, 1, 0)


def test_an_issue_that_two_promises_solved_counts_once(cast):
    issue, need = asked(cast)
    covenant = made.signed(
        cast, made.some_terms(made.task("a", "1", need=need.number), made.task("b", "1", need=need.number))
    )
    for commitment in covenant.commitments.all():
        made.deliver(cast, commitment, quantity=1)
    heard(cast, issue, "satisfied")
    assert counts(satisfaction_with(covenant.commitments.all())) == (1, 1, 1)


def test_both_sides_read_the_counts_and_nothing_of_the_residents(cast, solved, sign_in):
    words = "共建办成网格事件 4 件，回访到反映人 3 件，满意 2/3"
    for user in (cast.secretary, cast.liaison, cast.officer, cast.district):
        page = sign_in(user).get(solved.get_absolute_url()).content.decode()
        assert words in page, user
        answer = sign_in(user).get(f"/api/v1/covenants/{solved.number}/").json()["satisfaction"]
        assert (answer["solved"], answer["visited"], answer["satisfied"]) == (4, 3, 2)
        assert "基本满意的件数" in answer["definition"]
    assert "不满意" not in sign_in(cast.liaison).get(solved.get_absolute_url()).content.decode()
    for url in (f"/streets/organisations/{cast.unit_org.code}/", f"/communities/communities/{cast.c1.code}/"):
        assert words in sign_in(cast.secretary).get(url).content.decode(), url


def test_it_stands_beside_the_scores_when_they_are_given_and_after(cast, solved, sign_in):
    Covenant.objects.filter(pk=solved.pk).update(ends=made.day(-1))
    solved.refresh_from_db()
    COVENANTS.apply(solved, "begin_evaluation", by=cast.secretary)
    page = sign_in(cast.liaison).get(solved.get_absolute_url()).content.decode()
    assert 'id="act-evaluate"' in page
    assert "满意 2/3" in page


def test_a_look_in_a_narrower_scope_counts_what_is_in_it(cast, solved, sign_in):
    page = sign_in(cast.sibling).get(f"/streets/organisations/{cast.unit_org.code}/").content.decode()
    assert "共建办成网格事件" not in page

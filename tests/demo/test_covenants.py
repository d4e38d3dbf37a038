"""The demo district's co-building: the article's figures from the rows, histories that the tables allow."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from django.db.models import Sum
from django.utils import timezone

from covenants.agreements.models import Covenant, Revision, Side, Status
from covenants.agreements.terms import Terms
from covenants.agreements.workflow import WORKFLOW, sentence_of
from covenants.deliveries.fulfilment import done_of, is_fulfilled, rounded_share
from covenants.deliveries.models import Commitment, Delivery, Milestone
from covenants.deliveries.satisfaction import satisfaction_with
from covenants.deliveries.workflow import DELIVERIES
from covenants.evaluation.models import Evaluation
from covenants.lists.models import Need, Offer
from grids.issues.models import Issue
from suzhou_portal.accounts.models import User
from suzhou_portal.lib.demo.times import midnight
from suzhou_portal.lib.registers import site
from tests.demo.test_load_demo import TODAY, district, loaded  # noqa: F401 -- fixtures

UNTIL = midnight(TODAY)


def figures_of(sign_in):
    rows = sign_in(User.objects.get(username="district")).get("/api/v1/figures/").json()
    return {row["code"]: row for row in rows}


def test_the_dashboard_shows_the_figures_of_the_article(loaded, sign_in, monkeypatch):  # noqa: F811
    # On the day that was loaded: the longer ago it is, the more of it is overdue.
    monkeypatch.setattr(timezone, "now", lambda: UNTIL + timedelta(hours=10))
    found = figures_of(sign_in)
    assert found["engaged_units"]["numerator"] == 343
    assert found["agreed_tasks"]["numerator"] == 983
    assert found["agreed_projects"]["numerator"] == 57
    assert (found["agreed_funds"]["numerator"], found["agreed_funds"]["value"]) == (2_114_000, 211.4)
    assert found["fulfilment_rate"]["value"] > 50
    assert 0 < found["completion_rate"]["value"] < found["fulfilment_rate"]["value"]
    page = sign_in(User.objects.get(username="district")).get("/dashboard/other/").content.decode()
    for words in ("211.40 万元", "983 件", "343 个", "57 个"):
        assert words in " ".join(page.split()), words


def test_the_figures_are_those_of_the_rows(loaded, sign_in):  # noqa: F811
    found, user = figures_of(sign_in), User.objects.get(username="district")
    for code in (
        "engaged_units",
        "agreed_tasks",
        "agreed_projects",
        "agreed_funds",
        "fulfilment_rate",
        "completion_rate",
    ):
        address = urlsplit(found[code]["rows_url"])
        register = site[address.path.rstrip("/").rpartition("/")[2]]
        query = dict(parse_qsl(address.query))
        request = type("Request", (), {"user": user})()
        rows = register.filterset(query, queryset=register.rows(user), request=request).qs
        summed = rows.aggregate(n=Sum("amount"))["n"] if code == "agreed_funds" else rows.count()
        assert summed == Decimal(str(found[code]["numerator"])), code


def test_every_street_and_community_has_signed_and_every_unit_once(loaded):  # noqa: F811
    signed = Covenant.objects.signed()
    assert signed.count() == signed.values("organisation").distinct().count() == 343
    assert signed.filter(organisation__is_five_link=True).count() == 193
    assert signed.filter(community=None).values("street").distinct().count() == 4
    assert signed.exclude(community=None).values("community").distinct().count() == 21
    assert {"active", "evaluating", "closed", "negotiating", "agreed"} <= set(
        Covenant.objects.values_list("status", flat=True)
    )


def test_every_history_is_one_that_the_tables_allow(loaded):  # noqa: F811
    for covenant in Covenant.objects.prefetch_related("events", "revisions"):
        status, at, revision = "", None, 0
        for event in covenant.events.all():
            assert event.from_status == status
            assert at is None or event.at >= at
            assert event.at < UNTIL
            assert sentence_of(event)
            transition = WORKFLOW.by_action.get(event.action)
            if transition:
                assert status in transition.source
                assert transition.target in (None, event.to_status)
                assert bool(event.actor_id) != transition.automatic
            else:
                assert (
                    event.action == "begin"
                    or DELIVERIES.by_action.get(event.action.removeprefix("delivery_"))
                    or (event.action == "delivery_submit")
                )
                assert event.action == "begin" or event.from_status in {Status.ACTIVE, Status.EVALUATING}
            if event.action in {"begin", "amend"}:
                revision += 1
            status, at = event.to_status, event.at
        assert covenant.status == status
        drafts = list(covenant.revisions.all())
        assert len(drafts) == covenant.revision == revision
        for draft in drafts:
            Terms.of(draft.terms).check()


def test_commitments_say_what_their_deliveries_say(loaded):  # noqa: F811
    for row in Commitment.objects.select_related("covenant")[::5]:
        done = done_of(row)
        assert (row.done_quantity, row.done_amount, row.done_milestones) == (
            done.quantity,
            done.amount,
            done.milestones,
        )
        assert (row.fulfilled_on is not None) == is_fulfilled(row, done)
        assert row.progress == rounded_share(row)
    assert Delivery.objects.filter(status="submitted").count() > 20
    assert Commitment.objects.filter(fulfilled_on=None, due_on__lt=TODAY).exists(), "some are late"
    assert Delivery.objects.filter(submitted_at__gte=UNTIL).count() == 0


def test_evaluations_are_open_and_finished(loaded):  # noqa: F811
    assert Evaluation.objects.filter(is_sealed=False).values("covenant").distinct().count() > 10
    closed = Covenant.objects.filter(status=Status.CLOSED)
    assert closed.filter(result="").count() == 0
    for covenant in closed.prefetch_related("evaluations"):
        assert {row.side for row in covenant.evaluations.all()} == set(Side)
        assert not any(row.is_sealed for row in covenant.evaluations.all())


def test_needs_follow_their_commitments_and_some_came_from_issues(loaded):  # noqa: F811
    stati = Counter(Need.objects.values_list("status", flat=True))
    assert min(stati["open"], stati["taken"], stati["met"]) > 5
    assert Offer.objects.count() > 100
    for row in Commitment.objects.exclude(need=None).select_related("need", "covenant"):
        assert row.need.organisation_id == row.covenant.organisation_id
        assert (row.need.status == "met") == (row.fulfilled_on is not None)
        assert row.need.community_id == row.covenant.community_id
    asked = Issue.objects.filter(events__action="ask_units")
    assert asked.count() == Need.objects.exclude(issue=None).count() > 10


def test_some_issues_were_solved_by_units_and_their_reporters_asked(loaded):  # noqa: F811
    found = satisfaction_with(Commitment.objects.all())
    assert found.solved >= found.visited > 5
    assert found.satisfied > 3
    for issue in Issue.objects.filter(events__action="need_meet"):
        steps = list(issue.events.order_by("id").values_list("action", flat=True))
        assert steps.index("ask_units") < steps.index("need_take") < steps.index("need_meet")
        assert issue.needs.get().met_at <= issue.closed_at


def test_the_rows_are_valid(loaded):  # noqa: F811
    for model in (Need, Offer, Covenant, Commitment, Milestone, Delivery, Revision, Evaluation):
        for row in model.objects.all()[::13]:
            row.full_clean()

"""Whatever is delivered, returned, taken back or changed: commitments say what their confirmed deliveries say."""

import random
import threading
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Covenant
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.fulfilment import share_done
from covenants.deliveries.models import Commitment, Delivery
from covenants.deliveries.workflow import DELIVERIES
from covenants.lists.models import Need
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion
from tests.covenants import made

pytestmark = pytest.mark.dialect
CONFIRMED = Delivery.Status.CONFIRMED


def slowly(commitment: Commitment) -> tuple[Decimal, Decimal, int, bool]:
    """The yardstick: row by row."""
    rows = [row for row in commitment.deliveries.all() if row.status == CONFIRMED]
    quantity = sum((row.quantity or Decimal(0) for row in rows), Decimal(0))
    amount = sum((row.amount or Decimal(0) for row in rows), Decimal(0))
    standing = {node.pk for node in commitment.milestones.all() if not node.is_cancelled}
    nodes = len({row.milestone_id for row in rows} & standing)
    full = {
        CommitmentKind.TASK: commitment.quantity is not None and quantity >= commitment.quantity,
        CommitmentKind.FUNDS: commitment.amount is not None and amount >= commitment.amount,
        CommitmentKind.PROJECT: bool(standing) and nodes == len(standing),
    }[CommitmentKind(commitment.kind)]
    return quantity, amount, nodes, full


def assert_right(covenant: Covenant) -> None:
    for row in covenant.commitments.prefetch_related("deliveries", "milestones"):
        quantity, amount, nodes, full = slowly(row)
        assert (row.done_quantity, row.done_amount, row.done_milestones) == (quantity, amount, nodes)
        assert (row.fulfilled_on is not None) == full
        assert 0 <= share_done(row) <= 1
        assert (share_done(row) == 1) == full


def step(cast, covenant: Covenant, rng: random.Random) -> None:
    """One random thing that a unit or a community does."""
    open_ones = [row for row in covenant.commitments.all() if not row.is_cancelled]
    deliveries = list(Delivery.objects.filter(commitment__covenant=covenant))
    if deliveries and rng.random() < 0.65:
        delivery = rng.choice(deliveries)
        user = rng.choice([cast.secretary, cast.liaison])
        possible = [t for t in DELIVERIES.available(delivery, user) if t.action != "resubmit"]
        if possible:
            DELIVERIES.apply(delivery, rng.choice(possible).action, by=user, inputs={"note": "理由"})
        return
    if not open_ones:
        return
    row = rng.choice(open_ones)
    data = {}
    if row.kind == CommitmentKind.TASK:
        data["quantity"] = rng.choice(["1", "0.01", "2.5", "7"])
    elif row.kind == CommitmentKind.FUNDS:
        data["amount"] = rng.choice(["0.01", "333.33", "1000"])
    else:
        taken = {d.milestone_id for d in deliveries if d.status in {"submitted", "confirmed"}}
        nodes = [node for node in row.milestones.all() if node.pk not in taken]
        if not nodes:
            return
        data["milestone"] = rng.choice(nodes).pk
    made.deliver(cast, row, confirmed=rng.random() < 0.5, **data)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_the_sums_follow_the_rows_whatever_happens(cast, seed):
    rng = random.Random(seed)
    covenant = made.signed(cast)
    for _ in range(18):
        step(cast, covenant, rng)
        if rng.random() < 0.1:
            covenant.refresh_from_db()
            items = list(made.some_terms().items)
            rng.shuffle(items)
            fewer = made.some_terms(*items[: rng.randint(1, 3)])
            WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": fewer.json()})
            covenant = WORKFLOW.apply(covenant, "accept", by=cast.secretary)
        assert_right(covenant)


@settings(max_examples=60, deadline=None)
@given(amounts=st.lists(st.decimals("0.01", "99999.99", places=2), min_size=1, max_size=8))
def test_money_sums_exactly(amounts):
    total = sum(amounts, Decimal(0))
    whole = Commitment(kind="funds", amount=total, done_amount=total)
    assert share_done(whole) == 1
    almost = Commitment(kind="funds", amount=total, done_amount=total - Decimal("0.01"))
    assert share_done(almost) < 1
    assert share_done(almost) == Fraction(total - Decimal("0.01")) / Fraction(total)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_leave_the_tables(live_cast, on_postgresql):
    """Random steps of both sides in parallel: the table is kept, the sums are right, no draft is lost."""
    cast = live_cast
    covenant = made.signed(cast)
    expected = (ActionNotPossible, ActionForbidden, StaleVersion)
    failures: list[BaseException] = []

    def run(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for _ in range(25):
                try:
                    step(cast, Covenant.objects.get(pk=covenant.pk), rng)
                except expected:
                    pass
                except Exception as error:
                    if "已有履约记录" not in str(error):
                        raise
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert_right(Covenant.objects.get())
    assert not Need.objects.exists()

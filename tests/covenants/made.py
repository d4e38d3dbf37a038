"""Covenants as tests need them: terms, a covenant at a stage, deliveries."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from covenants.agreements.models import Covenant
from covenants.agreements.services import begin
from covenants.agreements.terms import Item, Node, Terms
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.services import submit_delivery
from covenants.deliveries.workflow import DELIVERIES
from covenants.lists.models import Need, Offer
from covenants.lists.services import OFFER_NUMBERS, raise_need
from suzhou_portal.lib.rows import records


def day(offset: int) -> date:
    return timezone.localdate() + timedelta(days=offset)


def some_terms(*items: Item, **changes) -> Terms:
    wanted = {
        "title": "共建平安小区",
        "begins": day(-30),
        "ends": day(60),
        "purpose": "共驻共建",
        "items": items or (task(), funds(), project()),
    }
    return Terms(**{**wanted, **changes})


def task(key="t1", quantity="3", due=30, **changes) -> Item:
    wanted = {"kind": "task", "title": "修路灯", "quantity": Decimal(quantity), "unit": "盏", "due_on": day(due)}
    return Item(key=key, **{**wanted, **changes})


def funds(key="f1", amount="1000.00", due=30, **changes) -> Item:
    return Item(
        key=key, **{"kind": "funds", "title": "帮扶资金", "amount": Decimal(amount), "due_on": day(due), **changes}
    )


def project(key="p1", due=50, **changes) -> Item:
    nodes = (Node("n1", "开班", day(10)), Node("n2", "结业", day(40)))
    return Item(key=key, **{"kind": "project", "title": "四点半课堂", "due_on": day(due), "nodes": nodes, **changes})


def negotiating(cast, terms: Terms | None = None) -> Covenant:
    """Begun by the community of the cast with its unit."""
    covenant = Covenant(title="共建平安小区", organisation=cast.unit_org, street=cast.s1, community=cast.c1)
    return begin(covenant, by=cast.secretary, terms=terms or some_terms())


def signed(cast, terms: Terms | None = None) -> Covenant:
    """Accepted by the unit and signed."""
    covenant = WORKFLOW.apply(negotiating(cast, terms), "accept", by=cast.liaison)
    inputs = {"signed_on": str(day(0)), "place_signatory": "张书记", "unit_signatory": "李校长"}
    return WORKFLOW.apply(covenant, "sign", by=cast.secretary, inputs=inputs)


def deliver(cast, commitment, confirmed=True, **data):
    """A delivery by the unit, confirmed by the community."""
    given = {"on": str(day(0)), "note": "已办", **{name: str(value) for name, value in data.items()}}
    delivery = submit_delivery(commitment, given, by=cast.liaison)
    return DELIVERIES.apply(delivery, "confirm", by=cast.secretary) if confirmed else delivery


def need(cast, **changes) -> Need:
    wanted = {"kind": "skills", "title": "请电工检修路灯", "street": cast.s1, "community": cast.c1, **changes}
    return raise_need(Need(**wanted), by=cast.secretary)


def offer(cast, organisation=None, **changes) -> Offer:
    """What a unit, else that of the cast, has put on its list."""
    wanted = {"kind": "skills", "title": "电工服务队", "organisation": organisation or cast.unit_org, **changes}
    return records.create(Offer(number=OFFER_NUMBERS.next(), **wanted), by=cast.liaison)

"""Co-building in the demo district: the article's 343 units with their covenants, tasks, projects and funds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from covenants.agreements.demo_agreement import changed, daytime
from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Covenant, CovenantEvent, Revision, Side
from covenants.agreements.services import NUMBERS
from covenants.agreements.terms import Item, Node, Terms
from covenants.deliveries.demo_agreement import Plan
from covenants.deliveries.models import Commitment, Delivery, Milestone
from covenants.evaluation.demo_agreement import Agreement
from covenants.evaluation.models import Evaluation
from covenants.evaluation.parameters import EVALUATION_DAYS
from covenants.evaluation.sealing import current_rubric
from covenants.lists.demo import Lists
from covenants.lists.models import Need
from covenants.lists.workflow import NEEDS as NEED_STEPS
from covenants.matching.demo import Asked, AskedNeeds
from grids.issues.demo_numbers import Numbers
from grids.issues.demo_world import World, world_of
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.people import person
from suzhou_portal.lib.demo.steps import BATCH, District, step
from suzhou_portal.rules.parameters import parameter

# The article's figures.
TASKS, PROJECTS, FUNDS = 983, 57, Decimal(2_114_000)
FUNDED = 124
WITH_STREETS = slice(9, 12)  # the units of each street that sign with the street itself
SHORT = 34  # covenants of half a year, which are over by now
JUST_OVER = 6  # one in so many of these has just ended: its evaluation is under way
TALKS = 16  # covenants still talked about
KEPT, EARLY, PARTLY, RETURNED = 0.7, 0.12, 0.5, 0.06
SHARE_OF_FUNDS = (4_000, 40_000)


@step(order=100)
def covenants(district: District) -> dict[str, int]:
    """All of them; the issues behind some of their needs are told by later steps."""
    made = Covenants(world_of(district), district.until, district.random(5))
    written = made.write()
    district.kept[AskedNeeds] = AskedNeeds(made.asked)
    return written


@dataclass
class Covenants:
    """Writes them; ``until`` is the moment on which the demo stands."""

    world: World
    until: datetime
    rng: Random
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lists = Lists(self.world, self.until, self.rng)
        self.said = self.lists.said

    def write(self) -> dict[str, int]:
        """All of them; rows written by Chinese name. The issues behind ``asked`` are yet to be told."""
        units = list(Organisation.objects.filter(is_unit=True).order_by("code"))  # unscoped: demo loader
        self.keys = iter(range(16**6))
        of_street = {
            street.pk: [row.pk for row in units if row.street_id == street.pk] for street in self.world.streets
        }
        self.with_streets = {pk for keys in of_street.values() for pk in keys[WITH_STREETS]}
        signed = [self._signed(unit, index, parts) for index, (unit, parts) in enumerate(self._shares(units))]
        talks = [self._talks(unit, index) for index, unit in enumerate(self.rng.sample(units, TALKS))]
        agreements = sorted([*signed, *talks], key=lambda one: one.covenant.created_at)
        self.lists.offer(units)
        self.lists.ask_more()
        self.lists.write_offers()
        _write(agreements, self.lists.needs)
        self.asked = [one.asked for one in agreements if getattr(one, "asked", None)]
        for one in self.asked:
            one.follow()
        return {"需求": len(self.lists.needs), "资源": len(self.lists.offers), "共建协议": len(agreements)}

    # --- who promises how much ------------------------------------------------------

    def _shares(self, units: list[Organisation]) -> Iterator[tuple[Organisation, dict[str, Any]]]:
        """Per unit its tasks, whether it has a project, its yuan: together exactly the article's figures."""
        count = len(units)
        tasks = [2] * count
        for _ in range(TASKS - 2 * count):
            tasks[self.rng.randrange(count)] += 1
        projects = set(self.rng.sample(range(count), PROJECTS))
        funded = self.rng.sample(range(count), FUNDED)
        yuan = dict.fromkeys(funded, Decimal(0))
        left = FUNDS
        for place, index in enumerate(funded[:-1]):
            rest = len(funded) - place - 1
            most = min(SHARE_OF_FUNDS[1], int(left - 1000 * rest))
            yuan[index] = Decimal(self.rng.randrange(SHARE_OF_FUNDS[0], max(most, 5_000), 1000))
            yuan[index] = min(yuan[index], left - 1000 * rest)
            left -= yuan[index]
        yuan[funded[-1]] = left
        for index, unit in enumerate(units):
            parts = {"tasks": tasks[index], "project": index in projects, "yuan": yuan.get(index)}
            yield unit, parts

    def _place(self, unit: Organisation) -> dict[str, Any]:
        """Its community; of some units the street."""
        community = next(row for row in self.world.communities if row.pk == unit.community_id)
        if unit.pk in self.with_streets:
            return {"street": community.street, "community": None}
        return {"street": community.street, "community": community}

    def _people(self, unit: Organisation, where: dict[str, Any]) -> dict[str, Any]:
        place = where["community"]
        host = (
            self.world.users[Role.COMMUNITY, place.pk] if place else self.world.users[Role.STREET, where["street"].pk]
        )
        return {Side.PLACE: host, Side.UNIT: self.world.users[Role.UNIT, unit.pk]}

    def _agreement(self, unit: Organisation, days_ago: int) -> Agreement:
        where = self._place(unit)
        at = self.until - timedelta(days=days_ago) + timedelta(hours=self.rng.uniform(9, 17))
        at = at.replace(microsecond=0)
        covenant = Covenant(organisation=unit, **where)
        return Agreement(covenant, self._people(unit, where), at, self.until, self.rng)

    # --- the road of one covenant ---------------------------------------------------

    def _signed(self, unit: Organisation, index: int, parts: dict[str, Any]) -> Agreement:
        short = index % 10 == 4 and index // 10 < SHORT
        ago = self.rng.randint(205, 330) if short else self.rng.randint(45, 345)
        if short and index // 10 % JUST_OVER == 0:
            ago = self.rng.randint(172, 180)
        one = self._agreement(unit, ago)
        first = timezone.localdate(one.at) + timedelta(days=20)
        ends = first + timedelta(days=150 if short else 364)
        self._need_for(one, index)
        terms = self._terms(one, parts, first, ends)
        one.begin(terms, Side.PLACE if index % 3 else Side.UNIT, self.rng.choice(self.said.words["notes"]))
        sides = [Side.UNIT, Side.PLACE] if index % 3 else [Side.PLACE, Side.UNIT]
        for turn in range(self.rng.choices([0, 1, 2], [5, 4, 1])[0]):
            one.later(self.rng.uniform(20, 70))
            if turn == 0:
                terms = changed(terms, self.rng)
            one.amend(terms, sides[turn % 2], self.rng.choice(self.said.words["amended"]))
        one.later(self.rng.uniform(5, 60))
        last = Side(one.revisions[-1].side)
        one.accept(last.other)
        one.later(self.rng.uniform(20, 90))
        one.sign((person(self.rng), person(self.rng)))
        one.fulfil(self._plans(one))
        one.end_term(parameter(EVALUATION_DAYS))
        rubrics = {side: rubric for side in Side if (rubric := current_rubric(side)) is not None}
        if len(rubrics) == len(Side):
            order = [Side.PLACE, Side.UNIT] if index % 2 else [Side.UNIT, Side.PLACE]
            # Of what ended of late some sides have not scored yet.
            if one.covenant.ends and one.covenant.ends > timezone.localdate(self.until) - timedelta(days=12):
                order = order[: index % 3]
            one.evaluate(rubrics, order, self.rng.choices(self.said.words["comments"], k=2))
        return one

    def _talks(self, unit: Organisation, index: int) -> Agreement:
        one = self._agreement(unit, self.rng.randint(4, 16))
        first = timezone.localdate(self.until) + timedelta(days=15)
        terms = self._terms(one, {"tasks": 2, "project": False, "yuan": None}, first, first + timedelta(days=364))
        begins = Side.PLACE if index % 2 else Side.UNIT
        one.begin(terms, begins, self.rng.choice(self.said.words["notes"]))
        one.later(30)
        if index % 4 == 1:
            one.amend(changed(terms, self.rng), begins.other, self.rng.choice(self.said.words["amended"]))
        elif index % 4 == 2:
            one.accept(begins.other)
        elif index == 7:
            one.drop(begins.other, "单位职能调整，今年不再签约")
        return one

    def _terms(self, one: Agreement, parts: dict[str, Any], first: Any, ends: Any) -> Terms:
        days = (ends - first).days
        due = lambda low=0.1: first + timedelta(days=self.rng.randint(int(days * low), days))  # noqa: E731
        items = []
        for index, said in enumerate(self.rng.sample(self.said.tasks, parts["tasks"])):
            need = getattr(one, "need", None) if index == 0 else None
            quantity = Decimal(self.rng.choice(said["quantities"]))
            item = Item(self._key(), CommitmentKind.TASK, said["title"], due(), quantity, said["unit"])
            if need is not None:
                soon = min(first + timedelta(days=self.rng.randint(12, 45)), ends)
                item = Item(item.key, item.kind, need.title, soon, need.quantity, need.unit, need=need.number)
            items.append(item)
        if parts["project"]:
            said = self.rng.choice(self.said.projects)
            last = due(0.6)
            step = (last - first).days // len(said["nodes"])
            dates = [first + timedelta(days=step * turn) for turn in range(1, len(said["nodes"]))] + [last]
            nodes = tuple(Node(self._key(), title, day) for title, day in zip(said["nodes"], dates, strict=True))
            items.append(Item(self._key(), CommitmentKind.PROJECT, said["title"], last, nodes=nodes))
        if parts["yuan"]:
            title = self.rng.choice(self.said.funds["titles"])
            items.append(Item(self._key(), CommitmentKind.FUNDS, title, due(), amount=parts["yuan"]))
        place, unit = one.covenant.place, one.covenant.organisation
        return Terms(f"{place}与{unit}共建协议", first, ends, self.said.words["purpose"], tuple(items))

    def _key(self) -> str:
        return f"{next(self.keys):08x}"

    # --- 履约 -----------------------------------------------------------------------

    def _plans(self, one: Agreement) -> Iterator[Plan]:
        today = timezone.localdate(self.until)
        for row in one.commitments:
            is_due = row.due_on <= today
            chance = self.rng.random()
            whole = chance < (KEPT if is_due else EARLY)
            begun = whole or self.rng.random() < PARTLY
            if begun:
                yield from self._deliveries(one, row, whole)

    def _deliveries(self, one: Agreement, row: Commitment, whole: bool) -> Iterator[Plan]:
        today = timezone.localdate(self.until)
        first = one.covenant.signed_on + timedelta(days=5)
        last = min(row.due_on + timedelta(days=self.rng.choice([-9, -4, -2, 0, 3])), today - timedelta(days=1))
        if row.due_on > today and last > first:
            last = first + timedelta(days=self.rng.randint(0, (last - first).days))
        last = max(last, first)
        pieces = self._pieces(one, row, whole)
        waits = not whole and self.rng.random() < 0.3
        for number, piece in enumerate(pieces, 1):
            on = first + (last - first) * number // len(pieces)
            newest = waits and number == len(pieces)
            yield Plan(
                row,
                today - timedelta(days=self.rng.randint(1, 4)) if newest else on,
                self._done(row),
                returned=self.rng.choice(self.said.words["returned"]) if self.rng.random() < RETURNED else "",
                waits=newest,
                **piece,
            )

    def _pieces(self, one: Agreement, row: Commitment, whole: bool) -> list[dict[str, Any]]:
        """What is delivered, in one or several parts; of what stays unfinished all but something."""
        if row.kind == CommitmentKind.PROJECT:
            nodes = [node for node in one.milestones if node.commitment is row]
            return [{"milestone": node} for node in (nodes if whole else nodes[:-1])]
        name = "amount" if row.kind == CommitmentKind.FUNDS else "quantity"
        full = row.amount if row.kind == CommitmentKind.FUNDS else row.quantity
        if full is None or (full < 2 and not whole):
            return []
        half = (full / 2).quantize(Decimal(1)) if full >= 2 else full
        if not whole:
            return [{name: half if half < full else full - 1}]
        return [{name: full}] if full == half or self.rng.random() < 0.6 else [{name: half}, {name: full - half}]

    def _done(self, row: Commitment) -> str:
        if row.kind == CommitmentKind.FUNDS:
            return str(self.rng.choice(self.said.funds["done"]))
        said = next((one for one in self.said.tasks if one["title"] == row.title), None)
        return str(self.rng.choice(said["done"])) if said else "已按约定完成"

    # --- the two lists --------------------------------------------------------------

    def _need_for(self, one: Agreement, index: int) -> None:
        """Before some talks there was a need that the unit takes up; every other one began as an issue."""
        if index % 7 != 2 or one.covenant.community is None:
            return
        from_issue = index % 2 == 0
        said = self.rng.choice([row for row in self.said.tasks if "issue" in row or not from_issue])
        at = one.at - timedelta(days=self.rng.randint(3, 20))
        need = self.lists.need(one.covenant.community, daytime(at) if from_issue else at, said)
        need.organisation = one.covenant.organisation
        NEED_STEPS.walk(need, "take")
        one.need = need
        if from_issue:
            one.asked = Asked(need, one, said["issue"])


def _write(agreements: list[Agreement], needs: list[Need]) -> None:
    """Number and store all rows, events in the order of time."""
    numbers = Numbers(NUMBERS.prefix)
    for one in agreements:
        one.covenant.number = numbers.next(one.covenant.created_at)
    numbers.store()
    known = {need.made_up: need for need in needs}
    for one in agreements:
        _name_needs(one, known)
    Need.objects.bulk_create(needs, batch_size=BATCH)  # unscoped: demo loader
    # unscoped: demo loader
    Covenant.objects.bulk_create([one.covenant for one in agreements], batch_size=BATCH)
    for model, name in (
        (Revision, "revisions"),
        (Commitment, "commitments"),
        (Milestone, "milestones"),
        (Delivery, "deliveries"),
        (Evaluation, "evaluations"),
    ):
        model.objects.bulk_create([row for one in agreements for row in getattr(one, name)], batch_size=BATCH)
    events = sorted((event for one in agreements for event in one.events), key=lambda event: event.at)
    CovenantEvent.objects.bulk_create(events, batch_size=BATCH)  # unscoped: demo loader


def _name_needs(one: Agreement, known: dict[str, Need]) -> None:
    """Put the real numbers into drafts and commitments; a need whose commitment is fulfilled is met."""
    for revision in one.revisions:
        for item in revision.terms["items"]:
            if item["need"]:
                item["need"] = known[item["need"]].number
    for row in one.commitments:
        if row.wanted:
            row.need = known[row.wanted]
            if row.fulfilled_on:
                NEED_STEPS.walk(row.need, "meet")
                last = max(one_.decided_at for one_ in one.deliveries if one_.commitment is row and one_.decided_at)
                row.need.met_at = last

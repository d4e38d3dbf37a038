"""The two lists of the demo district, made up beside the covenants that take needs up."""

import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from django.utils import timezone

from covenants.lists.models import Need, Offer
from covenants.lists.services import NEED_NUMBERS, OFFER_NUMBERS
from grids.issues.demo_numbers import Numbers
from grids.issues.demo_world import World
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.steps import BATCH

SAID = Path(__file__).with_name("demo_sayings.toml")


@dataclass
class Sayings:
    """What is needed, offered and agreed on, from ``demo_sayings.toml``."""

    tasks: list[dict[str, Any]]
    projects: list[dict[str, Any]]
    funds: dict[str, Any]
    words: dict[str, Any]

    @classmethod
    def read(cls) -> "Sayings":
        """From the file."""
        with SAID.open("rb") as file:
            return cls(**tomllib.load(file))


@dataclass
class Lists:
    """Needs and offers, unsaved; ``until`` is the moment on which the demo stands."""

    world: World
    until: datetime
    rng: Random
    said: Sayings = field(default_factory=Sayings.read)
    needs: list[Need] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def need(self, community: Any, at: datetime, said: dict[str, Any] | None = None) -> Need:
        said = said or self.rng.choice(self.said.tasks)
        need = Need(
            kind=said["kind"],
            title=said["title"],
            quantity=Decimal(self.rng.choice(said["quantities"])),
            unit=said["unit"],
            street=community.street,
            community=community,
            created_at=at,
            created_by=self.world.users[Role.COMMUNITY, community.pk],
        )
        need.number = f"N{len(self.needs)}"
        self.needs.append(need)
        return need

    def ask_more(self) -> None:
        """Two open needs in each community, one of them dated."""
        today = timezone.localdate(self.until)
        for community in self.world.communities:
            for turn in range(2):
                need = self.need(community, self.until - timedelta(days=self.rng.uniform(1, 25)))
                if turn:
                    need.begins = today + timedelta(days=self.rng.randint(3, 15))
                    need.ends = need.begins + timedelta(days=self.rng.randint(20, 60))

    def offer(self, units: list[Organisation]) -> None:
        """Half of the units offer something, most of them around where they stand."""
        for unit in units[::2]:
            said = self.rng.choice(self.said.tasks)
            near = self.rng.choices(["community", "street", ""], [5, 3, 2])[0]
            self.offers.append(
                Offer(
                    organisation=unit,
                    kind=said["kind"],
                    title=said["title"],
                    quantity=Decimal(self.rng.choice(said["quantities"]) * 2),
                    unit=said["unit"],
                    street=unit.street if near else None,
                    community=unit.community if near == "community" else None,
                    created_at=self.until - timedelta(days=self.rng.uniform(20, 300)),
                    is_open=self.rng.random() < 0.9,
                )
            )

    def write_offers(self) -> None:
        """Number both; store the offers. Needs are stored when it is known what became of them."""
        for rows, series in ((self.needs, NEED_NUMBERS), (self.offers, OFFER_NUMBERS)):
            numbers = Numbers(series.prefix)
            rows.sort(key=lambda row: row.created_at)
            for row in rows:
                row.made_up, row.number = row.number, numbers.next(row.created_at)
            numbers.store()
        Offer.objects.bulk_create(self.offers, batch_size=BATCH)  # unscoped: demo loader

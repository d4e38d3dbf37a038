"""One made-up covenant as its parties lived it: talks and signing, in the words of the table.

Every step is looked up in the workflow's own table and checked against it; rows are only gathered here, and written in
bulk. Topics above go on with what was promised, delivered and thought of it.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Covenant, CovenantEvent, Revision, Side, Status
from covenants.agreements.terms import Terms
from covenants.agreements.workflow import WORKFLOW
from suzhou_portal.accounts.models import User
from suzhou_portal.lib.time.worktime import SHANGHAI


def daytime(moment: datetime) -> datetime:
    """``moment``, or the next morning when nobody is at work."""
    local = moment.astimezone(SHANGHAI)
    if local.hour < 9:
        return local.replace(hour=9)
    return local.replace(hour=9) + timedelta(days=1) if local.hour >= 18 else local


@dataclass
class Talks:
    """A covenant with its rows, unsaved. ``people``: who acts for which side."""

    covenant: Covenant
    people: dict[str, User]
    at: datetime
    until: datetime
    rng: Random
    events: list[CovenantEvent] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)

    def later(self, hours: float) -> None:
        """Let about so many hours pass."""
        self.at = daytime(self.at + timedelta(hours=round(hours, 2)))

    def begin(self, terms: Terms, side: str, note: str) -> None:
        """The first draft."""
        covenant = self.covenant
        covenant.created_at, covenant.created_by = self.at, self.people[side]
        covenant.title = terms.title
        self._draft(terms, side, note)
        self.event("begin", side, "", note)

    def amend(self, terms: Terms, side: str, note: str) -> None:
        """A further draft by ``side``."""
        before = self.covenant.status
        WORKFLOW.walk(self.covenant, "amend", Status.NEGOTIATING)
        self._draft(terms, side, note)
        self.covenant.title = terms.title
        self.event("amend", side, before, note)

    def _draft(self, terms: Terms, side: str, note: str) -> None:
        terms.check()
        covenant = self.covenant
        covenant.revision += 1
        self._accept(side)
        revision = Revision(covenant=covenant, index=covenant.revision, side=side, by=self.people[side], at=self.at)
        revision.terms, revision.note = terms.json(), note
        self.revisions.append(revision)

    def _accept(self, side: str) -> None:
        setattr(self.covenant, f"{side}_accepts", self.covenant.revision)

    def accept(self, side: str) -> None:
        """``side`` agrees with the newest draft."""
        before = self.covenant.status
        WORKFLOW.walk(self.covenant, "accept", Status.AGREED)
        self._accept(side)
        self.event("accept", side, before)

    def sign(self, signatories: tuple[str, str]) -> None:
        """The place puts the signing on record: the commitments begin to run."""
        covenant, terms = self.covenant, Terms.of(self.revisions[-1].terms)
        before = covenant.status
        WORKFLOW.walk(covenant, "sign")
        covenant.signed_on = timezone.localdate(self.at)
        covenant.place_signatory, covenant.unit_signatory = signatories
        covenant.begins, covenant.ends, covenant.in_force = terms.begins, terms.ends, covenant.revision
        self.event("sign", Side.PLACE, before)
        self.signed(terms)

    def signed(self, terms: Terms) -> None:
        """What follows the signing; told by topics above."""

    def drop(self, side: str, note: str) -> None:
        """The talks end without a covenant."""
        before = self.covenant.status
        WORKFLOW.walk(self.covenant, "drop")
        self.event("drop", side, before, note)

    def event(self, action: str, side: str, before: str, note: str = "") -> None:
        """A step of the timeline, taken now."""
        covenant = self.covenant
        event = CovenantEvent(covenant=covenant, at=self.at, actor=self.people.get(side), side=side, action=action)
        event.from_status, event.to_status, event.revision, event.note = (
            before,
            covenant.status,
            covenant.revision,
            note,
        )
        self.events.append(event)
        covenant.version = len(self.events)

    def office(self, day: date) -> datetime:
        """A moment of ``day`` at which people are at work."""
        moment = time(self.rng.choice([9, 10, 11, 15, 16]), self.rng.randrange(60))
        return datetime.combine(day, moment, SHANGHAI)


def changed(terms: Terms, rng: Random) -> Terms:
    """What the other side asks for: one quantity less, or one day later."""
    index = rng.randrange(len(terms.items))
    item = terms.items[index]
    if item.kind == CommitmentKind.TASK and item.quantity and item.quantity > 1:
        item = replace(item, quantity=item.quantity - 1)
    else:
        item = replace(item, due_on=min(terms.ends, item.due_on + timedelta(days=10)))
    return replace(terms, items=(*terms.items[:index], item, *terms.items[index + 1 :]))

"""What waits for whom, and until when: one condition per line, asked by the home page, the daily digest, the filter of
the list and the counts beside it, so that a line counts exactly the rows that it opens.
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from suzhou_portal.lib import topics
from suzhou_portal.lib.cases import due as clocks
from suzhou_portal.lib.registers.declaration import Register
from suzhou_portal.lib.registers.filters import RegisterFilterSet
from suzhou_portal.lib.registers.site import site
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.lib.rows.counts import capped_counts, capped_text
from suzhou_portal.lib.time.sweeps import sweeps

CAP = 999


@dataclass(frozen=True)
class Wait:
    """Rows that wait in one way: ``text`` as people read it, ``measure`` counts it, ``rows(user)`` answers the
    condition, or None where ``user`` has none to see to. ``to_do``: the reader has to act, it is no mere news.
    """

    code: str
    text: str
    measure: str
    rows: Callable[[Any], Q | None]
    to_do: bool = True

    def among(self, rows: QuerySet, user: Any) -> QuerySet | None:
        """Those of ``rows`` (in the view of ``user``) that wait for ``user``; None: nothing ever does."""
        condition = self.rows(user)
        return None if condition is None else rows.filter(condition)


@dataclass(frozen=True)
class Line:
    """So many of these wait; ``url`` lists them."""

    text: str
    count: str
    measure: str
    url: str

    @property
    def phrase(self) -> str:
        """ "待受理的纠纷 3 件"."""
        return f"{self.text} {self.count} {self.measure}"


class Awaited(Register):
    """A register whose rows wait for somebody, perhaps until a day (a base of cases): its list knows the filter
    等我方办理, and the light of its clock (``due`` needs the model to be ``Timed`` and to have ``ended_at``).
    """

    waits: tuple[Wait, ...] = ()
    due: clocks.Due | None = None

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        if self.due is not None:
            light = Computed("期限", self.light_words, order="due_at", quiet=clocks.WORDS[clocks.NORMAL])
            self.computed = {"light": light, **self.computed}
            due, model = self.due, self.model
            sweeps(lambda: due.sweep(model))

    @cached_property
    def filterset(self) -> type[RegisterFilterSet]:
        """See the base."""
        made = super().filterset
        return with_waiting(made, self.waits)

    def offered(self, name: str, user: Any) -> list[tuple[str, str]] | None:
        """See the base; 等我方办理 offers what may wait for this reader."""
        if name != "waiting":
            return super().offered(name, user)
        return [(wait.code, wait.text) for wait in self.waits if wait.rows(user) is not None]

    def light_words(self, row: Any) -> str:
        """The light of a row whose clock runs, with its word; "" where it has ended."""
        return clocks.WORDS[row.light] if row.ended_at is None else ""

    def seen(self, user: Any) -> Any:
        """The rows that ``user`` may see, to be counted."""
        return self.model._default_manager.visible_to(user, self.view_verb)  # type: ignore[attr-defined]

    def waiting_url(self, wait: Wait) -> str:
        """The list of what waits in this way."""
        return f"{self.list_url}?waiting={wait.code}"

    def more_lines(self, user: Any) -> list[Line]:
        """What else there is for ``user`` in it that no condition on its rows tells. News, nothing to act on."""
        return []


# Where rows wait besides registers: anything with ``waits``, ``may_view``, ``seen`` and ``waiting_url`` (the desk of
# issues; a topic's ``waits.py`` is found by itself). They stand first.
DESKS: list[Any] = []


def _sources() -> Iterable[Any]:
    topics.found("waits")
    return (*DESKS, *(register for register in site.registers if isinstance(register, Awaited)))


def waiting_for(user: Any, *, to_do: bool = False, without: Container[str] = ()) -> list[Line]:
    """The lines of ``user`` (with ``to_do`` only what they have to act on), without empty ones and those whose code is
    in ``without`` (shown in another way): first what is to be done, in the order of the apps and topics, then news.
    One statement counts them all.
    """
    sources = [source for source in _sources() if source.may_view(user)]
    asked = []
    for source in sources:
        for wait in source.waits:
            told = (wait.to_do or not to_do) and wait.code not in without
            if told and (rows := wait.among(source.seen(user), user)) is not None:
                asked.append((source, wait, rows))
    asked.sort(key=lambda one: not one[1].to_do)
    counts = capped_counts([rows for _source, _wait, rows in asked], CAP)
    found = [
        Line(wait.text, capped_text(count, CAP), wait.measure, source.waiting_url(wait))
        for (source, wait, _rows), count in zip(asked, counts, strict=True)
        if count
    ]
    if not to_do:
        found += [line for one in sources if isinstance(one, Awaited) for line in one.more_lines(user)]
    return found


def with_waiting(base: type[RegisterFilterSet], waits: tuple[Wait, ...]) -> type[RegisterFilterSet]:
    """``base`` with the filter 等我方办理 over ``waits``; ``base`` itself without any."""
    if not waits:
        return base
    by_code = {wait.code: wait for wait in waits}

    def only_waiting(self: Any, rows: QuerySet, name: str, value: str) -> QuerySet:
        """What waits for the reader in this way; nothing where it cannot."""
        mine = by_code[value].among(rows, self.request.user)
        return rows.none() if mine is None else mine

    choice = django_filters.ChoiceFilter(
        method="only_waiting",
        label="等我方办理",
        choices=[(wait.code, wait.text) for wait in waits],
        empty_label="不限",
    )
    named = {"waiting": choice, "only_waiting": only_waiting, "__module__": base.__module__}
    return type(base.__name__, (base,), named)

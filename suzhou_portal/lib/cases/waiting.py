"""What waits for whom, and until when: one condition per line, asked by the home page, the daily digest, the filter of
the list and the counts beside it, so that a line counts exactly the rows that it opens.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_filters
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, QuerySet

from suzhou_portal.lib import topics
from suzhou_portal.lib.cases import due as clocks
from suzhou_portal.lib.cases.onward import AwaitedPage
from suzhou_portal.lib.registers.declaration import Register
from suzhou_portal.lib.registers.filters import RegisterFilterSet
from suzhou_portal.lib.registers.site import site
from suzhou_portal.lib.registers.tables import Computed, field_at
from suzhou_portal.lib.rows.counts import capped_text, counting
from suzhou_portal.lib.rows.written import written
from suzhou_portal.lib.time.sweeps import sweeps

CAP = 999


@dataclass(frozen=True)
class Wait:
    """Rows that wait in one way: ``text`` as people read it, ``measure`` counts it, ``rows(user)`` answers the
    condition, or None where ``user`` has none to see to. ``to_do``: the reader has to act, it is no mere news.

    In the one list of all (``lib.cases.todo``): ``step`` is what is waited for, by status where it differs; ``due`` the
    column of the day or moment until when ("": ``due_at``, where rows have it; None: there is no such day). ``light``:
    of rows that wait in another way, too, those that are late or soon will be; the list has them once.
    """

    code: str
    text: str
    measure: str
    rows: Callable[[Any], Q | None]
    to_do: bool = True
    step: str | Mapping[str, str] = ""
    due: str | None = ""
    light: bool = False

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
    steps_on = True
    views: dict[str, Any] = {**Register.views, "detail": AwaitedPage}
    # How a row reads among others that wait, by column: its name, what it is about; "": its number and its text.
    named_by = ""
    told_by = ""
    acted_at = ("", "")  # where it is acted upon on the page of another row: the list of that, the column of its key

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

    @cached_property
    def told(self) -> dict[str, str]:
        """What is told of a row in the list of all that waits: name → column. See ``lib.cases.todo``."""
        given = {"name": self.named_by or "number", "text": self.told_by or getattr(self, "text", "")}
        given |= {level: self.paths.get(level, level) for level in ("street", "community", "grid")}
        given |= {"status": "status", "warn_at": "warn_at"}
        known = {name: path for name, path in given.items() if path and self._has(path)}
        return {"key": self.acted_at[1] or self.key, **known}

    @property
    def pages(self) -> str:
        """The address below which the pages of its rows lie."""
        return self.list_url

    @property
    def acted_on(self) -> str:
        """The address below which its rows are acted upon."""
        return self.acted_at[0] or self.list_url

    def _has(self, path: str) -> bool:
        try:
            field_at(self.model, path)
        except FieldDoesNotExist:
            return False
        return True

    def more_lines(self, user: Any) -> list[Line]:
        """What else there is for ``user`` in it that no condition on its rows tells. News, nothing to act on."""
        return []


# Where rows wait besides registers: anything with ``waits``, ``may_view``, ``seen`` and ``waiting_url`` (the desk of
# issues; a topic's ``waits.py`` is found by itself). They stand first.
DESKS: list[Any] = []


def sources() -> Iterable[Any]:
    """All of them, in order."""
    topics.found("waits")
    return (*DESKS, *(register for register in site.registers if isinstance(register, Awaited)))


@dataclass(frozen=True)
class Asked:
    """``rows`` of ``source`` that wait for somebody in one way."""

    source: Any
    wait: Any
    rows: QuerySet


def line_of(source: Any, wait: Any, count: int) -> Line:
    """``count`` rows of ``source`` wait in this way, and the list that shows them."""
    return Line(wait.text, capped_text(count, CAP), wait.measure, source.waiting_url(wait))


def asked_of(user: Any, told: Callable[[Any, Any], bool]) -> list[Asked]:
    """What may wait for ``user`` in the ways that are ``told``, in the order of the apps and topics. No query."""
    found = []
    for source in sources():
        ways = [wait for wait in source.waits if told(source, wait)]
        if ways and source.may_view(user):
            rows = source.seen(user)
            mine = ((wait, wait.among(rows, user)) for wait in ways)
            found += [Asked(source, wait, narrowed) for wait, narrowed in mine if narrowed is not None]
    return found


def _lines(name: str, user: Any, told: Callable[[Any, Any], bool], *more: Hashable) -> list[Line]:
    """The lines of what is ``told``, without empty ones; one statement counts them all, written once (``name`` and
    ``more`` say all that ``told`` depends on).
    """

    def build() -> tuple[str, list[Any], Any]:
        asked = sorted(asked_of(user, told), key=lambda one: not one.wait.to_do)
        sql, params, known = counting([(one.rows, "") for one in asked], CAP)
        return sql, params, [(one.source, one.wait) for one, there in zip(asked, known, strict=True) if there]

    statement = written(name, user, build, *more)
    counts = next(iter(statement.rows()), ())
    return [line_of(source, wait, n) for (source, wait), n in zip(statement.more, counts, strict=True) if n]


def waiting_for(user: Any, *, to_do: bool = False, pages: Sequence[str] | None = None) -> list[Line]:
    """The lines of ``user`` (with ``to_do`` only what they have to act on; of these ``pages`` alone), without empty
    ones: first what is to be done, in the order of the apps and topics, then news. One statement counts them all.
    """
    where = None if pages is None else tuple(pages)
    here = [source for source in sources() if where is None or source.pages in where]

    def told(source: Any, wait: Any) -> bool:
        return (wait.to_do or not to_do) and source in here

    found = _lines("cases.waiting", user, told, to_do, where)
    return found if to_do else found + more_lines(user, here)


def news_for(user: Any) -> list[Line]:
    """What there is for ``user`` besides what they have to act on, as far as conditions on rows tell it."""
    return _lines("cases.news", user, lambda source, wait: not wait.to_do)


def more_lines(user: Any, among: Iterable[Any]) -> list[Line]:
    """The lines of registers that no condition on rows tells."""
    awaited = (one for one in among if isinstance(one, Awaited) and one.may_view(user))
    return [line for one in awaited for line in one.more_lines(user)]


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

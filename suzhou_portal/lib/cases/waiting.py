"""What waits for whom: one condition per line, asked by the home page, the daily digest, the filter of the list
and the counts beside it, so that a line counts exactly the rows that it opens.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from suzhou_portal.lib.registers.declaration import Register, site
from suzhou_portal.lib.registers.filters import RegisterFilterSet
from suzhou_portal.lib.rows.counts import capped_counts, capped_text

CAP = 999


@dataclass(frozen=True)
class Wait:
    """Rows of a register that wait in one way: ``text`` as people read it, ``measure`` counts it, ``rows(user)``
    answers the condition, or None where ``user`` has none to see to. ``to_do``: the reader has to act, it is no mere
    news.
    """

    code: str
    text: str
    measure: str
    rows: Callable[[Any], Q | None]
    to_do: bool = True


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
    """A register whose rows wait for somebody (a base of cases): its list knows the filter 等我方办理."""

    waits: tuple[Wait, ...] = ()

    @cached_property
    def filterset(self) -> type[RegisterFilterSet]:
        """See the base."""
        made = super().filterset
        return with_waiting(made, self.waits)

    def more_lines(self, user: Any) -> list[Line]:
        """What else there is for ``user`` in it that no condition on its rows tells. News, nothing to act on."""
        return []


def _waits() -> Iterable[tuple[Register, Wait]]:
    return ((register, wait) for register in site.registers if isinstance(register, Awaited) for wait in register.waits)


def waiting_for(user: Any, *, to_do: bool = False) -> list[Line]:
    """The lines of ``user`` (with ``to_do`` only what they have to act on), without empty ones: first what is to be
    done, in the order of the apps and topics, then news. One statement counts them all.
    """
    asked = []
    for register, wait in _waits():
        if (wait.to_do or not to_do) and register.may_view(user) and (rows := wait.rows(user)) is not None:
            seen = register.model._default_manager.visible_to(user, register.view_verb)  # type: ignore[attr-defined]
            asked.append((register, wait, seen.filter(rows)))
    asked.sort(key=lambda one: not one[1].to_do)
    counts = capped_counts([rows for _register, _wait, rows in asked], CAP)
    found = [
        Line(wait.text, capped_text(count, CAP), wait.measure, f"{register.list_url}?waiting={wait.code}")
        for (register, wait, _rows), count in zip(asked, counts, strict=True)
        if count
    ]
    if not to_do:
        registers = (register for register in site.registers if isinstance(register, Awaited))
        found += [line for one in registers if one.may_view(user) for line in one.more_lines(user)]
    return found


def with_waiting(base: type[RegisterFilterSet], waits: tuple[Wait, ...]) -> type[RegisterFilterSet]:
    """``base`` with the filter 等我方办理 over ``waits``; ``base`` itself without any."""
    if not waits:
        return base
    by_code = {wait.code: wait for wait in waits}

    def only_waiting(self: Any, rows: QuerySet, name: str, value: str) -> QuerySet:
        """What waits for the reader in this way; nothing where it cannot."""
        mine = by_code[value].rows(self.request.user)
        return rows.none() if mine is None else rows.filter(mine)

    choice = django_filters.ChoiceFilter(
        method="only_waiting",
        label="等我方办理",
        choices=[(wait.code, wait.text) for wait in waits],
        empty_label="不限",
    )
    named = {"waiting": choice, "only_waiting": only_waiting, "__module__": base.__module__}
    return type(base.__name__, (base,), named)

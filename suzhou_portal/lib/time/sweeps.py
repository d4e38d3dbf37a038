"""Sweeps: what topics do by themselves when its minute has come. One job of the portal runs them all in turn."""

from collections.abc import Callable

Sweep = Callable[[], int]
_declared: list[Sweep] = []


def sweeps(*parts: Sweep) -> None:
    """Have ``parts`` run every minute (in a topic's ``tasks.py``). Each takes what is due now, row by row in
    transactions of its own, answers how many rows it acted on, and finds nothing left to do when it runs again.
    """
    _declared.extend(part for part in parts if part not in _declared)


def sweep() -> int:
    """Run every declared part; answers how many rows were acted on."""
    return sum(part() for part in list(_declared))

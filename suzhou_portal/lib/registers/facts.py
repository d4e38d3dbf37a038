"""The facts of a row, each said once."""

from collections.abc import Iterable
from typing import Any

from suzhou_portal.lib.registers.tables import value_at

# The columns of a place, from the upper to the lower, where they are called so: together they say one thing, where.
PLACE = {"street": "街道", "community": "社区", "where": "网格", "grid": "网格"}
WHERE = "地点"
FIGURE = 3  # what is as short may stand in the heading by chance


def facts_of(register: Any, obj: Any, names: Iterable[str]) -> list[tuple[str, str]]:
    """(label, text) of the columns ``names`` that say something that the heading has not said; a place is one fact."""
    called = register.called(obj)
    told = {name: register.value_of(obj, name) for name in names}
    told = {name: text for name, text in told.items() if text and not (len(text) > FIGURE and text in called)}
    place = [name for name in PLACE if name in told and register.label_of(name) == PLACE[name]]
    found: dict[str, tuple[str, str]] = {}
    for name, text in told.items():
        if len(place) < 2 or name not in place:
            found[name] = (register.label_of(name), text)
        elif not found.keys() & set(place):
            found[name] = (WHERE, " ".join(_lowest(obj, one, told[one]) for one in place))
    return list(found.values())


def _lowest(obj: Any, name: str, text: str) -> str:
    """A building is named with its compound."""
    return str(getattr(value_at(obj, name), "full_name", text)) if name == "grid" else text

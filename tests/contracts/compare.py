"""What two records of the portal's answers (``record.py``) differ in; exit code 1 if in anything.

Usage: ``python -m tests.contracts.compare OLD NEW [--no-text] [--all]``. The same change in many places is told once,
with the first places; ``--all`` names every place. ``--no-text`` looks at the parts of pages and at keys alone.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

PLACES = 6  # told of each change


def by_user(folded: dict) -> dict[str, dict]:
    """The answers of a row by user; a record keeps users with the same answer together."""
    return {name: told for names, told in folded.items() for name in names.split(", ")}


def changes(old: object, new: object, path: str = "") -> Iterator[str]:
    """What differs in two answers, one line each."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            below = f"{path} / {name}" if path else name
            if name not in new or name not in old:
                sign, told = ("-", old[name]) if name not in new else ("+", new[name])
                yield from _lines(below, sign, told)
            else:
                yield from changes(old[name], new[name], below)
    elif isinstance(old, list) and isinstance(new, list):
        gone, come = Counter(map(str, old)), Counter(map(str, new))
        for sign, more in (("-", gone - come), ("+", come - gone)):
            yield from (f"{path}: {sign} {one}" for one in sorted(more.elements()))
        if gone == come:
            yield f"{path}: another order: {old} -> {new}"
    elif path == "text":
        yield "text: differs"
    else:
        yield f"{path}: {old} -> {new}"


def _lines(path: str, sign: str, told: object) -> Iterator[str]:
    if path == "text":
        yield f"text: {sign}"
    elif isinstance(told, list) and told:
        yield from (f"{path}: {sign} {one}" for one in told)
    elif isinstance(told, dict) and told:
        yield f"{path}: {sign} ({', '.join(map(str, told))})"
    else:
        yield f"{path}: {sign} {told}"


def changes_of_world(old: dict, new: dict, world: str) -> Iterator[tuple[str, str, str]]:
    """(change, address, whose) for the answers of a world."""
    for template in sorted({*old, *new}):
        if template not in new or template not in old:
            yield f"the address is {'gone' if template not in new else 'new'}", f"{world} {template}", ""
            continue
        for which in sorted({*old[template], *new[template]}):
            before, after = by_user(old[template].get(which, {})), by_user(new[template].get(which, {}))
            place = f"{world} {template} [{which}]"
            for name in sorted({*before, *after}):
                if name not in after or name not in before:
                    yield f"the answer is {'gone' if name not in after else 'new'}", place, name
                    continue
                for change in changes(before[name], after[name]):
                    # What the OpenAPI document says is compared by itself, whatever its components are called.
                    if not (template.endswith("/schema/") and change.startswith(("keys:", "text:"))):
                        yield change, place, name


def differences(old: dict, new: dict) -> Iterator[tuple[str, str, str]]:
    """(change, address, whose) for everything that two records differ in; what one of them lacks is left out."""
    for world in sorted({*old["worlds"]} & {*new["worlds"]}):
        yield from changes_of_world(old["worlds"][world], new["worlds"][world], world)
    if "api" in old and "api" in new:
        for path in sorted({*old["api"], *new["api"]}):
            for change in changes(old["api"].get(path, {}), new["api"].get(path, {})):
                yield change, f"openapi {path}", ""


def parts(record: dict) -> set[str]:
    """The parts that a record has: it may have been made of one world alone."""
    return {*record["worlds"], *({"api"} & {*record})}


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--no-text", action="store_true", help="leave out what differs in the text alone")
    parser.add_argument("--all", action="store_true", help="name every place")
    wish = parser.parse_args()
    old, new = (json.loads(path.read_text()) for path in (wish.old, wish.new))
    for part in sorted(parts(old) ^ parts(new)):
        print(f"not compared, as one record lacks it: {part}")
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for change, place, whose in differences(old, new):
        if not (wish.no_text and change.startswith("text: ")):
            found[change][place].append(whose)
    for change, places in sorted(found.items(), key=lambda item: (item[0].startswith("text: "), item[0])):
        print(change)
        told = list(places.items()) if wish.all else list(places.items())[:PLACES]
        for place, users in told:
            print(f"    {place}" + (f": {', '.join(users)}" if any(users) else ""))
        if rest := len(places) - len(told):
            print(f"    and {rest} more")
    print(f"{len(found)} differences" if found else "no differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

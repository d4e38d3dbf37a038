"""Make ``tabler.field.min.css``: the part of Tabler that the pages of the phone use.

    python static/vendor/tabler/build_field.py            # make it again and compare with ../lock.json
    python static/vendor/tabler/build_field.py --update   # write it, and its checksum into the lock

The whole of Tabler is 635 KB; an old phone on a weak network gets a tenth of it. Kept are the rules
whose classes all occur in the templates and scripts below, and of Tabler's variables those that kept
rules or our own style sheets read. tests/test_vendor.py says when this has to be run again: after a page of
the phone uses a class of Tabler that none used before.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import tinycss2

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent.parent
ROOT = STATIC.parent
LOCK = HERE.parent / "lock.json"
SOURCE, BUNDLE = HERE / "tabler.min.css", HERE / "tabler.field.min.css"
PATH = "vendor/tabler/tabler.field.min.css"
# Where the classes of the phone's pages stand.
USERS = (
    "templates/base.html",
    "templates/partials/*.html",
    "templates/forms/*.html",
    "templates/files/*.html",
    "templates/django/forms/widgets/*.html",
    "templates/grids/*/_*.html",
    "templates/grids/phone/*.html",
    "templates/grids/entry/issue_new.html",
    "templates/grids/page/issue_detail.html",
    "templates/registration/login.html",
    "static/js/*.js",
    "suzhou_portal/lib/registers/widgets.py",
    "suzhou_portal/templatetags/portal.py",
)
WORD = re.compile(r"[A-Za-z][\w-]*")
CLASS = re.compile(r"\.([A-Za-z_][\w-]*)")
NOT = re.compile(r":not\([^()]*(?:\([^()]*\)[^()]*)*\)")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
NESTED = frozenset({"media", "supports", "layer", "container"})
# Elements that no page of the phone has.
ABSENT = re.compile(r"(?<![\w.#-])(video|audio|canvas|iframe|object|figure|blockquote|hr|address|abbr|sub|sup)(?![\w-])")


def words_in(paths: Iterable[str]) -> frozenset[str]:
    """All words that stand in the files that ``paths`` (patterns below the root) name."""
    found: set[str] = set()
    for pattern in paths:
        for path in sorted(ROOT.glob(pattern)):
            found.update(WORD.findall(path.read_text()))
    return frozenset(found)


def _selectors(prelude: list) -> list[str]:
    """The selectors of a rule: its prelude cut at the commas that stand in no brackets."""
    parts: list[list] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def _is_used(selector: str, words: frozenset[str]) -> bool:
    bare = NOT.sub("", selector)
    return all(name in words for name in CLASS.findall(bare)) and not ABSENT.search(bare)


def _declarations(content: list) -> list[tuple[str, str]]:
    """(name, value with its mark of importance) of each declaration."""
    found = []
    for part in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if part.type == "declaration":
            important = "!important" if part.important else ""
            found.append((part.name, tinycss2.serialize(part.value).strip() + important))
    return found


def _keep(rules: list, words: frozenset[str]) -> list:
    """The rules that are used: ``(selector, declarations)``, or ``(heading, [rules])`` of a condition, or texts."""
    kept: list = []
    for rule in rules:
        if rule.type == "qualified-rule":
            used = [selector for selector in _selectors(rule.prelude) if _is_used(selector, words)]
            if used and (declarations := _declarations(rule.content)):
                kept.append((",".join(used), declarations))
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTED and rule.content:
            inner = _keep(
                tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), words
            )
            if inner:
                kept.append((f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}", inner))
        elif rule.type == "at-rule" and rule.lower_at_keyword == "keyframes":
            kept.append(f"@keyframes {tinycss2.serialize(rule.prelude).strip()}{{{tinycss2.serialize(rule.content)}}}")
    return kept


def _each(kept: list) -> Iterable[tuple[str, str]]:
    for rule in kept:
        if isinstance(rule, str):
            continue
        for inner in rule[1]:
            if rule[0].startswith("@"):
                yield from _each([inner])
            else:
                yield inner


def _read_variables(kept: list) -> frozenset[str]:
    """The variables that something reads, directly or through another variable."""
    wanted = set()
    for path in sorted((STATIC / "css").glob("*.css")):
        wanted.update(VARIABLE.findall(path.read_text()))
    behind: dict[str, set[str]] = {}
    for name, value in _each(kept):
        read = set(VARIABLE.findall(value))
        if name.startswith("--"):
            behind.setdefault(name, set()).update(read)
        else:
            wanted |= read
    waiting = list(wanted)
    while waiting:
        more = behind.get(waiting.pop(), set()) - wanted
        wanted |= more
        waiting.extend(more)
    return frozenset(wanted)


def _write(kept: list, variables: frozenset[str], animated: str) -> str:
    parts = []
    for rule in kept:
        if isinstance(rule, str):
            if rule.split("{")[0].removeprefix("@keyframes ") in animated:
                parts.append(rule)
        elif rule[0].startswith("@"):
            if inner := _write(rule[1], variables, animated):
                parts.append(f"{rule[0]}{{{inner}}}")
        else:
            lines = [f"{name}:{value}" for name, value in rule[1] if not name.startswith("--") or name in variables]
            if lines:
                parts.append(f"{rule[0]}{{{';'.join(lines)}}}")
    return "".join(parts)


def build() -> bytes:
    """The bundle, from the Tabler of the lock and the templates as they stand."""
    text = SOURCE.read_text()
    banner = text[text.index("/*!") : text.index("*/") + 2]
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    kept = _keep(rules, words_in(USERS))
    animated = " ".join(value for name, value in _each(kept) if name.startswith("animation"))
    body = _write(kept, _read_variables(kept), animated)
    return f'@charset "UTF-8";{banner}\n{body}\n'.encode()


def main() -> int:
    """Make it; returns 1 when it differs from the lock and ``--update`` was not given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the bundle, and its checksum into the lock")
    content = build()
    digest = hashlib.sha256(content).hexdigest()
    lock = json.loads(LOCK.read_text())
    entry = next(entry for entry in lock if entry["package"] == "@tabler/core")
    file = next((file for file in entry["files"] if file["path"] == PATH), None)
    if not parser.parse_args().update:
        same = file is not None and file["sha256"] == digest
        if not same:
            sys.stderr.write(f"{PATH} differs from the lock; --update accepts it\n")
        return 0 if same else 1
    if file is None:
        file = {"path": PATH}
        entry["files"].append(file)
        entry["built_by"] = "vendor/tabler/build_field.py"
    file["sha256"] = digest
    BUNDLE.write_bytes(content)
    LOCK.write_text(json.dumps(lock, ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

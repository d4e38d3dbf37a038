"""Where the words of a search stand in issues: pieces of their texts, for the desk and the API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from grids.searching.services import notes_of
from suzhou_portal.lib.text.search import Word
from suzhou_portal.lib.text.snippets import Snippet, snippet, spans

LENGTH = 60
# A description that does not hold everything leaves room for what does.
SHORT = 24
LEADS = {"description": "", "address": "位置：", "note": "过程："}


class Texts(Protocol):
    """What of an issue is looked through, besides its notes."""

    id: int
    description: str
    address: str


@dataclass(frozen=True)
class Piece:
    """A piece of an issue's text; ``where`` is description, address or note."""

    where: str
    snippet: Snippet


def pieces_of(issues: Iterable[tuple[Texts, str]], words: Sequence[Word]) -> dict[int, list[Piece]]:
    """By key of the issue, the pieces of its texts in which ``words`` stand, up to 60 characters each.

    ``issues`` are pairs: an issue, and what else of it is shown in words (number, place,
    category), where a word need not be found again. The notes are read, in one query, only of
    issues of which some word was not found otherwise.
    """
    missing: dict[int, list[Word]] = {}
    found: dict[int, list[Piece]] = {}
    for issue, shown in issues:
        texts = {"description": issue.description, "address": issue.address}
        rest = [word for word in words if not spans(shown, [word], inside=True)]
        found[issue.id] = []
        for where, text in texts.items():
            here = [word for word in words if spans(text, [word])]
            if (where == "description" and here) or any(word in rest for word in here):
                found[issue.id].append(Piece(where, snippet(text, words, LENGTH)))
            rest = [word for word in rest if word not in here]
        if rest:
            missing[issue.id] = rest
    notes = notes_of(missing) if missing else {}
    for key, rest in missing.items():
        while rest and notes[key]:
            note = max(reversed(notes[key]), key=lambda note: sum(bool(spans(note, [word])) for word in rest))
            left = [word for word in rest if not spans(note, [word])]
            if len(left) == len(rest):
                break
            found[key].append(Piece("note", snippet(note, words, LENGTH)))
            rest = left
    return found


def line_of(description: str, pieces: Sequence[Piece], words: Sequence[Word]) -> Snippet:
    """The pieces as one line of a list, each behind its name: "楼道堆物… 过程：…已清走纸箱"."""
    if not pieces:
        return snippet(description, words, LENGTH)
    line = Snippet("")
    for piece in pieces:
        part = piece.snippet if len(pieces) == 1 else snippet(piece.snippet.text, words, SHORT)
        line = line + Snippet(f"{' ' if line.text else ''}{LEADS[piece.where]}") + part
    return line


def plain(pieces: Iterable[Piece]) -> list[dict[str, Any]]:
    """``pieces`` for the API."""
    return [{"in": piece.where, "text": piece.snippet.text, "marks": piece.snippet.marks} for piece in pieces]

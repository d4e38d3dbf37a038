"""Where the words of a search stand in a text: marks and snippets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString

from suzhou_portal.lib.text.search import Word, fold

Span = tuple[int, int]


def spans(text: str, words: Iterable[Word], *, inside: bool = False) -> list[Span]:
    """Where ``words`` stand in ``text``: (begin, end) in characters, in order, none overlapping another.

    ``inside``: latin words and numbers within longer ones, too (the last digits of a number).
    """
    folded = fold(text)
    patterns = [re.compile(re.escape(word.text)) if inside else word.pattern for word in words]
    found = sorted(match.span() for pattern in patterns for match in pattern.finditer(folded))
    if len(folded) != len(text):  # some characters fold into several: back to the positions of the text
        origin = [index for index, character in enumerate(text) for _ in fold(character)]
        found = sorted((origin[begin], origin[end - 1] + 1) for begin, end in found)
    joined: list[Span] = []
    for begin, end in found:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


@dataclass(frozen=True)
class Snippet:
    """A piece of a text (line breaks as blanks), and where in it the words stand."""

    text: str
    marks: tuple[Span, ...] = ()

    def __add__(self, other: "Snippet") -> "Snippet":
        shift = len(self.text)
        return Snippet(self.text + other.text, (*self.marks, *((b + shift, e + shift) for b, e in other.marks)))

    def html(self) -> SafeString:
        """The piece with its words in ``<mark>``; everything else is escaped."""
        parts, last = [], 0
        for begin, end in self.marks:
            parts.append(f"{escape(self.text[last:begin])}<mark>{escape(self.text[begin:end])}</mark>")
            last = end
        return SafeString("".join(parts) + escape(self.text[last:]))


def highlight(text: str, words: Iterable[Word], *, inside: bool = False) -> Snippet:
    """The whole of ``text`` with its marks (``inside``: see :func:`spans`)."""
    return Snippet(text, tuple(spans(text, words, inside=inside)))


def snippet(text: str, words: Iterable[Word], length: int) -> Snippet:
    """About ``length`` characters of ``text`` around the first of ``words``; cut ends have "…"."""
    text = " ".join(text.split())
    found = spans(text, words)
    begin = 0
    if found and found[0][1] > length:
        begin = max(0, min(found[0][0] - length // 3, len(text) - length))
    end = begin + length
    head, tail = "…" if begin else "", "…" if len(text) > end else ""
    shift = len(head) - begin
    marks = ((max(b, begin) + shift, min(e, end) + shift) for b, e in found if b < end and e > begin)
    return Snippet(f"{head}{text[begin:end]}{tail}", tuple(marks))

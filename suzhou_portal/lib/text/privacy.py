"""Finding what should not stand in free text (least data): numbers of identity cards, phones and bank cards.

Numbers of issues and codes of places, organisations and categories are none of these.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from suzhou_portal.audit.trail import ERASED
from suzhou_portal.lib.text.canonical import number, plain_signs

# GB 11643: place, birth date, sequence, check character. Codes of places begin alike, but hold no date there.
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
# Area codes: 010, 02x, and four digits from 03 on; subscriber numbers begin with 2 to 8 (YD/T 1149).
_AREA = r"0(?:10|2[0-57-9]|[3-9]\d{2})"
_LANDLINE = re.compile(rf"(?<![\d-])(?:\({_AREA}\)|{_AREA})[- ]?[2-8]\d{{2,3}}[- ]?\d{{4}}(?!\d)")
# ISO/IEC 7812 in the lengths of Chinese cards: 16 or 19 digits, often written in fours.
_CARD = re.compile(r"(?<![0-9A-Za-z])(?:62|60|4\d|5[1-5]|35|9\d)\d{2}(?:[- ]?\d{4}){3}(?:[- ]?\d{3})?(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Found:
    """What looks like a personal number: its kind in Chinese, and where it stands."""

    kind: str
    number: str
    start: int
    end: int

    @property
    def masked(self) -> str:
        """The number with its middle hidden."""
        return f"{self.number[:3]}***{self.number[-3:]}"


def _is_identity(number: str) -> bool:
    """The birth date in the middle is a possible one. The check character says less: people mistype."""
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    return 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


def _is_card(number: str) -> bool:
    """The check digit fits (Luhn, ISO/IEC 7812-1 annex B)."""
    total = 0
    for index, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def find_numbers(text: str) -> list[Found]:
    """What in ``text`` looks like a personal number, in order, none overlapping another."""
    plain, places = plain_signs(text)
    found: list[Found] = []
    for kind, pattern in (("身份证号", _IDENTITY), ("手机号", _MOBILE), ("银行卡号", _CARD), ("电话号码", _LANDLINE)):
        for match in pattern.finditer(plain):
            number = re.sub(r"[^0-9Xx]", "", match[0])
            if (kind == "身份证号" and not _is_identity(number)) or (kind == "银行卡号" and not _is_card(number)):
                continue
            if kind == "手机号":
                number = number[-11:]
            start, end = places[match.start()], places[match.end() - 1] + 1
            if all(end <= other.start or other.end <= start for other in found):
                found.append(Found(kind, number, start, end))
    return sorted(found, key=lambda item: item.start)


def personal_numbers(text: str) -> list[tuple[str, str]]:
    """``(kind in Chinese, masked number)`` of :func:`find_numbers`.

    >>> personal_numbers("找张某 11010519491231002X")
    [('身份证号', '110***02X')]
    """
    return [(found.kind, found.masked) for found in find_numbers(text)]


def without_personal_numbers(text: str) -> str:
    """``text`` with every such number masked, for what leaves the portal.

    >>> without_personal_numbers("请联系 13812345678")
    '请联系 138***678'
    """
    for found in reversed(find_numbers(text)):
        text = f"{text[: found.start]}{found.masked}{text[found.end :]}"
    return text


def warning(text: str) -> str:
    """What is said beside a text that holds personal numbers; "" for one that does not."""
    kinds = "、".join(f"{found.kind}（{found.masked}）" for found in find_numbers(text))
    return f"文字中疑似含{kinds}，请删去。" if kinds else ""


def warnings(texts: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Name → :func:`warning`, of the (name, value) pairs whose value is a text that needs one."""
    told = {name: warning(value) for name, value in texts if isinstance(value, str)}
    return {name: text for name, text in told.items() if text}


# --- taking it out ----------------------------------------------------------------------


def _spans(text: str, names: Iterable[str], phones: Iterable[str]) -> Iterator[tuple[int, int]]:
    plain, places = plain_signs(text)
    for phone in phones:
        digits = re.sub(r"\D", "", number(phone))
        if len(digits) >= 7:
            between = r"[- ()]*".join(digits)
            for match in re.finditer(rf"(?<!\d){between}(?!\d)", plain):
                yield places[match.start()], places[match.end() - 1] + 1
    for name in names:
        if len(name) < 2:  # a single character is a word of many texts
            continue
        literal = re.escape(name)
        pattern = rf"(?<![A-Za-z]){literal}(?![A-Za-z])" if name.isascii() else literal
        yield from (match.span() for match in re.finditer(pattern, text))


def without_personal(
    text: str, *, names: Iterable[str] = (), phones: Iterable[str] = (), everything: bool = True
) -> str:
    """``text`` with :data:`ERASED` in the place of ``names`` and ``phones``, and with ``everything`` of
    whatever looks like a personal number. Taking it out twice changes nothing more.
    """
    sought = tuple(names), tuple(phones)
    return ERASED.join(_taken_out(part, *sought, everything) for part in text.split(ERASED))


def _taken_out(text: str, names: tuple[str, ...], phones: tuple[str, ...], everything: bool) -> str:
    spans = list(_spans(text, names, phones))
    if everything:
        spans += [(found.start, found.end) for found in find_numbers(text)]
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    for start, end in reversed(merged):
        text = f"{text[:start]}{ERASED}{text[end:]}"
    return text

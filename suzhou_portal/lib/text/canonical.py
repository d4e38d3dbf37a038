"""One form of what is typed, wherever it enters or is compared: texts, names of people, numbers, codes; pinyin.

Whatever is sent comes through :func:`text` (pages: ``lib.text.entering``; the JSON parser; the cells of sheets). Names
and numbers are brought into their form by their columns (``lib.rows.typed``), so also where they are looked up.
Searching texts is in ``lib.text.search``.
"""

import re
import unicodedata
from functools import cache

import regex
from django.db.models import Q
from pypinyin import Style, lazy_pinyin

# Unicode, Dash property, and the dots and bullets that stand between the parts of a name (GB 18030 has all of them).
_DASH = regex.compile(r"[\p{Dash}ー]")
_DOTS = regex.compile(
    "[\u00b7\u0387\u2022\u2024\u2027\u2219\u22c5\u25cf\u2e31\u2e33\u30fb\uff65]|(?<=\\p{Han})[ ]?[.][ ]?(?=\\p{Han})"
)
_HAN_NAME = regex.compile(r"[\p{Han}·]+")
_MOBILE = re.compile(r"1\d{2}-?\d{4}-?\d{4}")
# Area codes: 010, 02x, and four digits from 03 on; subscriber numbers begin with 2 to 8 (YD/T 1149).
_FIXED = re.compile(r"^(?:\((0\d{2,3})\)|(0(?:10|2\d|[3-9]\d{2})))-?([2-8]\d{2,3}-?\d{4})$")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")


@cache
def _is_seen(sign: str) -> bool:
    """False for what nobody sees or types by hand: zero width, direction, byte order, controls. NUL stays, for it is no
    slip: whatever takes the text refuses it.
    """
    return sign in "\n\t\0" or unicodedata.category(sign) not in ("Cf", "Cc")


def text(typed: str) -> str:
    """``typed`` with one kind of line end, composed (NFC), without characters that nobody sees."""
    if typed.isascii() and typed.isprintable():
        return typed
    lines = _LINE_ENDS.sub("\n", typed)
    seen = lines if lines.isprintable() else "".join(sign for sign in lines if _is_seen(sign))
    return unicodedata.normalize("NFC", seen)


def person(typed: str) -> str:
    """A name of somebody: width and radicals folded (NFKC), one dot between its parts, blanks inside a Chinese name,
    which are for the eye only, left out.

    >>> person("张　三"), person("古丽米热•艾比布力"), person("⽅⽂")
    ('张三', '古丽米热·艾比布力', '方文')
    """
    folded = unicodedata.normalize("NFKC", text(typed))
    dotted = re.sub(r" *· *", "·", " ".join(_DOTS.sub("·", folded).split()))
    joined = "".join(dotted.split())
    return unicodedata.normalize("NFKC", joined if _HAN_NAME.fullmatch(joined) else dotted)


def number(typed: str) -> str:
    """A number or code: width folded, every dash one dash, no blanks, nothing unseen.

    >>> number("０９３７–２６１ ２３４５")
    '0937-2612345'
    """
    folded = _DASH.sub("-", unicodedata.normalize("NFKC", text(typed)))
    return unicodedata.normalize("NFKC", "".join(folded.split()))


def telephone(typed: str) -> str:
    """A telephone number: as :func:`number`, without the prefix of the country; a mobile one as digits alone, a fixed
    one with one dash behind the code of its area.

    >>> telephone("+86 (0937) 2612345"), telephone("138–0000–1234")
    ('0937-2612345', '13800001234')
    """
    plain = re.sub(r"^(?:\+|00)86-?", "", number(typed))
    if _MOBILE.fullmatch(plain):
        return plain.replace("-", "")
    fixed = _FIXED.fullmatch(plain)
    return f"{fixed[1] or fixed[2]}-{fixed[3].replace('-', '')}" if fixed else plain


def plain_signs(typed: str) -> tuple[str, list[int]]:
    """``typed`` as numbers are sought in it, and where each of its signs stood: width folded, dashes one dash, blanks
    one kind, what nobody sees left out.
    """
    signs, places = [], []
    for place, sign in enumerate(typed):
        if _is_seen(sign):
            folded = _plain(sign)
            signs.append(folded)
            places += [place] * len(folded)
    return "".join(signs), places


@cache
def _plain(sign: str) -> str:
    folded = unicodedata.normalize("NFKC", sign)
    return "-" if _DASH.fullmatch(folded) else " " if folded.isspace() and folded != "\n" else folded


def pinyin_key(name: str) -> str:
    """Initials and full pinyin of ``name``, e.g. ``民主街`` → ``"mzj minzhujie"``; lower case."""
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return f"{initials} {''.join(lazy_pinyin(name))}".lower()[:200]


def named(word: str, *paths: str) -> Q:
    """The rows in which one of the fields ``paths`` holds ``word`` (lower case).

    Of a field called ``pinyin`` (:func:`pinyin_key`) only the beginning of the initials or of the whole counts.
    """
    found = Q()
    for path in paths:
        if path.rpartition("__")[2] == "pinyin":
            found |= Q(**{f"{path}__startswith": word}) | Q(**{f"{path}__contains": f" {word}"})
        else:
            found |= Q(**{f"{path}__icontains": word})
    return found

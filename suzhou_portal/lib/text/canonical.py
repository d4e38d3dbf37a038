"""Chinese names: their pinyin, and rows by name or pinyin. Searching texts is in ``lib.text.search``."""

from django.db.models import Q
from pypinyin import Style, lazy_pinyin


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

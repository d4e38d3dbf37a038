"""Which categories a text is about: by the words that the district keeps with each category, and edits there.

The words of a category (``keywords``, its name as one more) are taken apart into pairs of characters and single ones,
so is the text: what people type seldom repeats a word exactly (``灯一直不亮``). What few categories have says most;
what many words of a category have says more; a single character says half of a pair. A category that shares no pair
with the text is not suggested. Measured by ``manage.py measure_categories``.

The phone reckons alike without a network, from the same words: ``static/js/field-suggest.js``, compared sentence by
sentence in ``tests/e2e/test_suggesting.py``.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from math import log

from grids.categories.models import IssueCategory
from suzhou_portal.lib.text.search import fold

SHOWN = 4
SINGLE = 0.5
# Not below this share of the best one: what hardly fits is no help.
FAINT = 0.25
_RUNS = re.compile("[a-z]+|[㐀-䶿一-鿿]+")

Words = tuple[tuple[str, str], ...]  # of each category: its code, its words
Weights = dict[str, dict[str, float]]  # part of a text → code → what it says for that category


def suggest_categories(text: str, categories: Iterable[IssueCategory], limit: int = SHOWN) -> list[IssueCategory]:
    """The categories that ``text`` is likely about, best first, at most ``limit``; equal ones by code."""
    by_code = {category.code: category for category in categories}
    weights = _weights(tuple((code, f"{row.keywords} {row.name}") for code, row in sorted(by_code.items())))
    scores: dict[str, float] = defaultdict(float)
    paired: set[str] = set()
    for part in sorted(_parts(text)):  # in one order here and on the phone: sums of fractions depend on it
        for code, weight in weights.get(part, {}).items():
            scores[code] += weight
            if len(part) > 1:
                paired.add(code)
    best = max((scores[code] for code in paired), default=0)
    likely = [(-round(scores[code], 6), code) for code in paired if scores[code] >= FAINT * best]
    return [by_code[code] for _score, code in sorted(likely)[:limit]]


@lru_cache(maxsize=4)
def _weights(words: Words) -> Weights:
    """What each part says for each category. Kept while the categories stay as they are, which all users share."""
    counts = {code: Counter(part for word in text.split() for part in _parts(word)) for code, text in words}
    spread = Counter(part for counted in counts.values() for part in counted)
    weights: Weights = defaultdict(dict)
    for code, counted in counts.items():
        long = sum(counted.values()) ** 0.25  # many words are not to win by being many
        for part, count in counted.items():
            rare = log((len(words) + 1) / spread[part])
            weights[part][code] = rare * (1 + log(count)) / long * (SINGLE if len(part) == 1 else 1)
    return weights


def _parts(text: str) -> set[str]:
    """Pairs of Chinese characters, single ones, latin words; width and case folded, numbers left out."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        if run.isascii():
            found.add(run)
        else:
            found.update(run, map("".join, pairwise(run)))
    return found

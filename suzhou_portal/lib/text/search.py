"""Chinese text search: tokens computed here, one index per database, marks of what was found.

A model that wants to be searched has a table beside it (``search_key = "<its primary key>"``)
with ``body``, the folded text (:func:`squeeze`), and ``tokens``, a :class:`TokensField`. ``rows.filter(
<path>__tokens__match=Search(...))`` narrows to the rows in which every word of the search
stands; ``lib.text.snippets`` says where.

What is a token: neighbouring pairs of Chinese characters, the last character of each run of
them (so that the pairs that begin with a character, and it alone, are all places where it
stands), and whole latin words and numbers. Width and case are folded (NFKC).

On PostgreSQL tokens are a ``tsvector`` with a GIN index, on SQLite FTS5 over the joined tokens.
Measured at a million issues (PostgreSQL 15, 100 characters each; CPU of the database):

- ``text[]`` with GIN, the first choice, needs single characters as tokens of their own, for it
  knows no prefixes: table 1.12 against 0.83 GB, index 214 against 144 MB, made in 203 against
  124 s. Joining a note to a ``tsvector`` also drops the tokens that are there already.
- The place in the index: GIN over ``(community, tokens)`` (btree_gin) reads the whole list of the
  place and costs 50 ms in a street, rare words too. As tokens of the same ``tsvector`` (
  :func:`place_token`) place and word are one key, GIN skips from match to match: 1.3 ms. It also
  serves any combination of places, and needs no extension.
- The planner must know how often a token occurs, for it chooses between walking the newest first
  (frequent words: stops at the page) and the index (rare ones): with 100 as statistics target it
  takes any unknown word for one of 0.5 % and walks the whole table, 1.5 s; with 1,000 it is right.
- The recheck of longer words must not look selective: ``strpos(body, word) <> 0`` counts for
  nothing, ``LIKE`` and ``> 0`` have it sort tens of thousands of rows.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.expressions import Func

HAN = "㐀-䶿一-鿿〇\U00020000-\U000323af"
_RUNS = re.compile(f"[0-9a-z]+|[{HAN}]+")
# What people write as one: 民主街, SZ-2026-000123, 3-2-501, 2.5. Anything else separates words.
_WORDS = re.compile(f"[0-9a-z{HAN}]+(?:[-./#:][0-9a-z{HAN}]+)*")
LONGEST_TOKEN = 64
MOST_WORDS = 8
STATISTICS = 1000


class _Folding(dict[int, str]):
    """A table for ``str.translate`` that fills itself."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = unicodedata.normalize("NFKC", chr(code)).lower()
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """``text`` with width and case folded, character by character: ``ＬＥＤ灯①`` → ``led灯1``."""
    return text.translate(_FOLDING)


def squeeze(folded: str) -> str:
    """A folded text as words are sought in it: what stands between Chinese, digits and letters does not matter, and a
    number is no part of a longer one. ``3 号楼，2单元`` and ``3号楼2单元`` are ``·3·号楼·2·单元``.
    """
    parts, before = [], "0"
    for run in _RUNS.findall(folded):
        latin = run.isascii()
        parts.append(f"·{run}·" if latin else run if before.isascii() else f" {run}")
        before = run
    return "".join(parts)


def bigrams(text: str) -> list[str]:
    """What ``text`` is like: its pairs of Chinese characters, single ones, latin words and numbers; no duplicates."""
    found: dict[str, None] = {}
    for run in _RUNS.findall(fold(text)):
        found.update(dict.fromkeys(_pairs(run)))
    return list(found)


def _pairs(run: str) -> list[str]:
    """The tokens that a search for ``run`` asks for."""
    if run.isascii() or len(run) == 1:
        return [run[:LONGEST_TOKEN]]
    return [run[index : index + 2] for index in range(len(run) - 1)]


def tokens_of(texts: Iterable[str]) -> list[str]:
    """The tokens of folded ``texts``, no duplicates. No token reaches from one text into the next."""
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUNS.findall(text):
            found.update(dict.fromkeys(_pairs(run)))
            if not run.isascii():
                found[run[-1]] = None
    return list(found)


def place_token(level: str, key: int) -> str:
    """The token of a place (or anything that narrows a search), which no typed word can be: ``πc17``."""
    return f"π{level}{key}"


# --- what is searched for -------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """A token that a row must have, or with ``begins`` the beginning of one."""

    token: str
    begins: bool = False

    def tsquery(self) -> str:
        """As part of a ``tsquery``. Tokens hold nothing that would have to be escaped."""
        return f"'{self.token}':*" if self.begins else f"'{self.token}'"

    def fts5(self) -> str:
        """As part of an FTS5 query."""
        return f'"{self.token}"*' if self.begins else f'"{self.token}"'


def _terms(run: str) -> list[Term]:
    """What a row with ``run`` has: every second pair of characters is proof enough, for words are rechecked."""
    if run.isascii():
        return [Term(run[:LONGEST_TOKEN])]
    if len(run) == 1:
        return [Term(run, begins=True)]
    return [Term(run[index : index + 2]) for index in dict.fromkeys([*range(0, len(run) - 1, 2), len(run) - 2])]


@dataclass(frozen=True)
class Word:
    """One word of a search, folded. Latin words and numbers are found whole, Chinese ones within others."""

    text: str

    @cached_property
    def terms(self) -> list[Term]:
        """What a row with this word has."""
        return [term for run in _RUNS.findall(self.text) for term in _terms(run)]

    @property
    def needs_recheck(self) -> bool:
        """Its terms could stand apart."""
        return [term.token for term in self.terms] != [self.text]

    @cached_property
    def squeezed(self) -> str:
        """How it stands in the index."""
        return squeeze(self.text)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Where it stands in a folded text."""
        runs = _RUNS.findall(self.text)
        found = runs[0]
        for before, run in pairwise(runs):
            alike = before.isascii() == run.isascii()
            found += f"[^0-9a-z{HAN}]{'+' if alike else '*'}{run}"
        begin, end = "(?<![0-9a-z])" if runs[0].isascii() else "", "(?![0-9a-z])" if runs[-1].isascii() else ""
        return re.compile(f"{begin}{found}{end}")


@dataclass(frozen=True)
class Search:
    """The words of a search, and what narrows it: rows must have one token of each of ``within``."""

    words: tuple[Word, ...]
    within: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, query: str, within: Iterable[Sequence[str]] = ()) -> "Search":
        """The search that ``query`` asks for: words apart by blanks or punctuation, all of them wanted."""
        words = dict.fromkeys(_WORDS.findall(fold(query)))
        return cls(tuple(map(Word, list(words)[:MOST_WORDS])), tuple(tuple(part) for part in within if part))

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def rechecks(self) -> list[str]:
        """The words that the tokens alone do not prove."""
        return [word.squeezed for word in self.words if word.needs_recheck]

    @property
    def _terms(self) -> list[Term]:
        return list(dict.fromkeys(term for word in self.words for term in word.terms))

    def tsquery(self) -> str:
        """The search for ``tsvector @@ …``."""
        narrowed = ["(" + " | ".join(Term(token).tsquery() for token in part) + ")" for part in self.within]
        return " & ".join([*narrowed, *(term.tsquery() for term in self._terms)])

    def fts5(self) -> str:
        """The search for ``… MATCH …``."""
        narrowed = ["(" + " OR ".join(Term(token).fts5() for token in part) + ")" for part in self.within]
        return " AND ".join([*narrowed, *(term.fts5() for term in self._terms)])


# --- the column -----------------------------------------------------------------------


class TokensField(models.Field):
    """The tokens of a row: a ``tsvector`` on PostgreSQL, joined by blanks on SQLite. Written as a list of
    tokens, never read by the portal itself.
    """

    description = "search tokens"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """See Django."""
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_internal_type(self) -> str:
        """See Django."""
        return "TokensField"

    def get_prep_value(self, value: Any) -> Any:
        """See Django."""
        return value if isinstance(value, (Search, str)) or value is None else list(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        """See Django."""
        value = self.get_prep_value(value)
        return " ".join(value) if isinstance(value, list) and connection.vendor != "postgresql" else value

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        """See Django: how a value stands in a statement."""
        if hasattr(value, "as_sql"):
            return "%s"
        return "array_to_tsvector(%s::text[])" if connection.vendor == "postgresql" else "%s"


@TokensField.register_lookup
class Matches(Lookup):
    """``tokens__match=search``: the rows with all words of a :class:`Search`; none for a search without words."""

    lookup_name = "match"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """See Django."""
        search: Search = self.rhs
        if not search:
            return "1 = 0", ()
        quote = connection.ops.quote_name
        table, alias = self.lhs.target.model._meta.db_table, quote(self.lhs.alias)
        if connection.vendor == "postgresql":
            parts, params = [f"{alias}.{quote(self.lhs.target.column)} @@ %s::tsquery"], [search.tsquery()]
            found = f"strpos({alias}.body, %s) <> 0"
        else:
            key, index = quote(self.lhs.target.model._meta.pk.column), quote(f"{table}_fts")
            parts = [f"{alias}.{key} IN (SELECT rowid FROM {index} WHERE {index} MATCH %s)"]
            params, found = [search.fts5()], f"instr({alias}.body, %s) <> 0"
        for word in search.rechecks:
            parts.append(found)
            params.append(word)
        return f"({' AND '.join(parts)})", tuple(params)


class Joined(Func):
    """Two values of a :class:`TokensField` as one: ``update(tokens=Joined(F("tokens"), Value([…])))``."""

    template, arg_joiner, output_field = "(%(expressions)s)", " || ", TokensField()

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """See Django."""
        return self.as_sql(compiler, connection, arg_joiner=" || ' ' || ", **context)


def install_search(connection: BaseDatabaseWrapper, table: str, key: str) -> None:
    """Make the index over ``tokens`` of a search table; safe to run again (after every ``migrate``)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A short list of entries not yet sorted in: cheap to write, and no search reads much of it.
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_tokens ON {table} USING gin (tokens) "
                "WITH (gin_pending_list_limit = 256)"
            )
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN tokens SET STATISTICS {STATISTICS}")
            return
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {table}_fts USING fts5"
            f"(tokens, content='{table}', content_rowid='{key}', tokenize='unicode61')"
        )
        remove = f"INSERT INTO {table}_fts({table}_fts, rowid, tokens) VALUES ('delete', OLD.{key}, OLD.tokens);"
        add = f"INSERT INTO {table}_fts(rowid, tokens) VALUES (NEW.{key}, NEW.tokens);"
        for event, body in (("INSERT", add), ("DELETE", remove), ("UPDATE", remove + add)):
            name = f"{table}_fts_{event.lower()}"
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {table} BEGIN {body} END")

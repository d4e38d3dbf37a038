"""Chinese text: pinyin keys for names, bigrams for search."""

import re

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from pypinyin import Style, lazy_pinyin

_WORDS = re.compile(r"[0-9a-z]+|[一-鿿]+")


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


def bigrams(text: str) -> list[str]:
    """The search tokens of ``text``: pairs of neighbouring Chinese characters, whole latin words
    and numbers; a run of a single Chinese character is kept as it is. Order kept, no duplicates.
    """
    tokens: dict[str, None] = {}
    for word in _WORDS.findall(text.lower()):
        if word[0] < "一" or len(word) == 1:
            tokens[word] = None
        else:
            tokens.update(dict.fromkeys(word[i : i + 2] for i in range(len(word) - 1)))
    return list(tokens)


def containing(rows: QuerySet, query: str, *, table: str, key: str) -> QuerySet:
    """Narrow ``rows`` to those whose entry in the search table holds all tokens of ``query``.

    ``table`` has columns ``{key}`` (the row's primary key), ``tokens`` (space-joined
    bigrams, indexed per database) and ``body`` (the text, for the recheck of queries longer
    than one bigram). A query without any token finds nothing.
    """
    tokens = bigrams(query)
    if not tokens:
        return rows.none()
    params: list[object]
    if connection.vendor == "postgresql":
        condition = "string_to_array(tokens, ' ') @> %s::text[]"
        params = [tokens]
    else:
        condition = f"{key} IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH %s)"
        params = [" AND ".join(f'"{token}"' for token in tokens)]
    for word in query.lower().split():
        if len(word) > 2:
            condition += " AND body LIKE %s ESCAPE '!'"
            params.append("%" + re.sub(r"([!%_])", r"!\1", word) + "%")
    sql = f"SELECT {key} FROM {table} WHERE {condition}"
    return rows.filter(pk__in=RawSQL(sql, params))  # noqa: S611


def install_search(connection: BaseDatabaseWrapper, table: str, key: str) -> None:
    """Make the full-text index of a search table (see :func:`containing`); safe to run again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_tokens ON {table} USING gin (string_to_array(tokens, ' '))"
            )
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

"""The cache on Redis: what happens while Redis is away."""

import pytest
from django.core.cache import caches
from django.test import override_settings

from suzhou_portal.lib.rows.kept import Kept

AWAY = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "away": {"BACKEND": "suzhou_portal.lib.rows.caching.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
}


@pytest.fixture
def away():
    with override_settings(CACHES=AWAY):
        yield caches["away"]


def test_an_unreachable_cache_is_an_empty_one(away):
    away.set("a", 1)
    assert away.get("a", "nothing") == "nothing"
    assert away.get_many(["a"]) == {}
    assert away.add("a", 1) is True
    assert (away.has_key("a"), away.touch("a"), away.delete("a")) == (False, False, False)


def test_kept_tables_are_read_again_while_it_is_away(away, monkeypatch):
    monkeypatch.setattr("suzhou_portal.lib.rows.kept.cache", away)
    reads = []
    table = Kept("test.table", lambda: reads.append(1) or {"n": len(reads)})
    assert (table.get(), table.get()) == ({"n": 1}, {"n": 2})

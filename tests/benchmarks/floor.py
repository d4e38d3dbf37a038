"""The floor: what the same database and language cost without any framework.

A bare WSGI view of 100 issues with their places and category (four joins), over one
psycopg2 connection, written by orjson.
"""

from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg2

QUERY = """
SELECT i.id, i.number, s.code, s.name, c.code, c.name, g.code, g.name, k.code, k.name,
       i.description, i.address, i.severity, i.source, i.level, i.status, i.holder,
       i.created_at, i.warn_at, i.due_at, i.closed_at, i.version
FROM grids_issue i
JOIN streets_street s ON s.id = i.street_id
JOIN communities_community c ON c.id = i.community_id
LEFT JOIN grids_grid g ON g.id = i.grid_id
JOIN grids_issuecategory k ON k.id = i.category_id
WHERE i.community_id = %s
ORDER BY i.created_at DESC, i.id DESC
LIMIT 100
"""


class Floor:
    """The application. ``settings`` as in Django's ``DATABASES``; ``backend`` is its connection's process."""

    def __init__(self, settings: dict[str, Any], community: int) -> None:
        names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
        asked = {name: settings[key] for key, name in names.items() if settings[key]}
        self.connection = psycopg2.connect(**asked)
        self.connection.autocommit = True
        self.community = community
        with self.connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'Asia/Shanghai'")
            cursor.execute("SELECT pg_backend_pid()")
            self.backend: int = cursor.fetchone()[0]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self.connection.cursor() as cursor:
            cursor.execute(QUERY, [self.community])
            names = [column.name for column in cursor.description]
            body = orjson.dumps({"results": [dict(zip(names, row, strict=True)) for row in cursor]})
        start_response("200 OK", [("Content-Type", "application/json")])
        return [body]

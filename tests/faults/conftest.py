"""A portal of its own, with a Redis of its own, that may be hurt."""

import shutil
import subprocess

import psycopg2
import pytest
import redis

from tests.faults.gateway import SECRET, Gateway
from tests.stack import Stack, eventually, free_port, scratch_database, unavailable

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Redis:
    """A ``redis-server`` that keeps nothing: what was in the queue when it is killed is gone."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        log = (self.folder / "redis.log").open("a")
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        log.close()
        eventually(self.answers, within=20, why=(self.folder / "redis.log").read_text)

    def answers(self):
        try:
            return redis.Redis.from_url(self.url, socket_connect_timeout=1).ping()
        except redis.RedisError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()


class HurtStack(Stack):
    """A stack with ways to hurt it."""

    def __init__(self, folder, database_url, redis_server, gateway):
        super().__init__(
            folder,
            database_url,
            redis_server.url,
            WEB_CONCURRENCY="2",
            PORTAL_NOTICE_CHANNELS="webhook",
            PORTAL_NOTICE_WEBHOOK_URL=gateway.url,
            PORTAL_NOTICE_WEBHOOK_SECRET=SECRET,
        )
        self.redis, self.gateway = redis_server, gateway

    def shell(self, code):
        """Run Python in the portal; returns what it printed."""
        return self.run("worker", ["python", "manage.py", "shell", "--no-imports", "-c", code])

    def cut_connections(self):
        """End every connection to the database, whatever it is doing; returns how many those were."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(CUT)
                return len(cursor.fetchall())
        finally:
            connection.close()


@pytest.fixture
def gateway():
    """See :class:`Gateway`: two answers get lost, every twentieth message is first turned away."""
    with Gateway(lost={40, 200}, busy=20) as gateway:
        yield gateway


@pytest.fixture
def stack(tmp_path, gateway):
    """The processes, none started yet but Redis; the tables are there, and empty."""
    if not shutil.which("redis-server"):
        unavailable("redis", "no redis-server in the PATH")
    server = Redis(tmp_path)
    with scratch_database() as database_url:
        server.start()
        stack = HurtStack(tmp_path, database_url, server, gateway)
        try:
            stack.run("migrate", ["python", "manage.py", "migrate", "--noinput"])
            yield stack
        finally:
            stack.stop()
            server.kill()

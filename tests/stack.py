"""The services of docker-compose.yml as processes of this machine, against real PostgreSQL and Redis.

There is no container engine here: each command runs with the environment that the file gives
it, the hosts ``db`` and ``redis`` replaced by this machine's servers.
"""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests
import yaml

from suzhou_portal.lib.rows.crypto import new_key

ROOT = Path(__file__).resolve().parent.parent
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
SECRETS = ("SECRET_KEY", "PORTAL_DATA_KEYS", "POSTGRES_PASSWORD", "REDIS_PASSWORD")
HOST = "portal.example"
POSTGRES = os.environ.get("PORTAL_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def filled_in(value, variables):
    """``value`` as compose would hand it on; a variable that is required and not given fails."""

    def replace(match):
        name, kind, rest = match.groups()
        if variables.get(name):
            return variables[name]
        if kind == "?":
            raise KeyError(name)
        return rest or ""

    return VARIABLE.sub(replace, str(value)).replace("$$", "$")


def unavailable(name, reason):
    """Skip the test, or fail it where PORTAL_REQUIRE says that ``name`` must be there."""
    if name in os.environ.get("PORTAL_REQUIRE", ""):
        pytest.fail(f"{name} is required: {reason}")
    pytest.skip(f"needs {name}: {reason}")


@contextmanager
def scratch_database():
    """The address of an empty database of its own on the real PostgreSQL, dropped at the end."""
    admin = urlsplit(POSTGRES or "postgres://postgres@127.0.0.1:1/")._replace(path="/postgres").geturl()
    try:
        connection = psycopg2.connect(admin, connect_timeout=3)
    except psycopg2.OperationalError as error:
        unavailable("postgres", str(error).strip().splitlines()[0])
    connection.autocommit = True
    name = f"portal_stack_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(admin)._replace(path=f"/{name}").geturl()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.close()


def free_port():
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, *, within, why=lambda: ""):
    """Wait until ``condition()`` is true; fails with ``why()`` after so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)


class Stack:
    """The services of the compose file as processes of this machine; ``extra`` is added to their environment."""

    def __init__(self, folder, database_url, redis_url, **extra):
        self.folder, self.port = folder, free_port()
        self.database_url, self.redis_url, self.extra = database_url, redis_url, extra
        self.variables = {name: secrets.token_hex(24) for name in SECRETS} | {
            "ALLOWED_HOSTS": HOST,
            "PORTAL_DATA_KEYS": new_key("k1"),
        }
        self.processes = {}

    def environment(self, service):
        given = {name: filled_in(value, self.variables) for name, value in SERVICES[service]["environment"].items()}
        assert urlsplit(given["DATABASE_URL"]).hostname == "db"
        assert urlsplit(given["REDIS_URL"]).hostname == "redis"
        given |= {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, **self.extra}
        return given | {  # what the image sets, and the way to the same programs
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORTAL_STATE_DIR": str(self.folder / "data"),
            "PORTAL_STATIC_ROOT": str(self.folder / "collected"),
        }

    def local(self, words):
        """A command line of the file with this machine's port and scratch folder."""
        swaps = (("8000", str(self.port)), ("/tmp/", f"{self.folder}/"))  # noqa: S108 -- the container's
        words = [filled_in(word, self.variables) for word in words]
        for old, new in swaps:
            words = [word.replace(old, new) for word in words]
        return words

    def run(self, service, words):
        """Run a command to its end; returns what it printed, fails with it."""
        done = subprocess.run(
            words, cwd=ROOT, env=self.environment(service), capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, service):
        log = (self.folder / f"{service}.log").open("a")
        command = self.local(SERVICES[service]["command"])
        self.processes[service] = subprocess.Popen(
            command, cwd=ROOT, env=self.environment(service), stdout=log, stderr=subprocess.STDOUT
        )
        log.close()

    def kill(self, service):
        """As the kernel does it when memory runs out: no chance to tidy up."""
        self.processes[service].kill()
        self.processes[service].wait()

    def healthy(self, service, *, within):
        """The service's own health check turns green within so many seconds."""
        kind, *words = SERVICES[service]["healthcheck"]["test"]
        assert kind == "CMD"
        deadline = time.monotonic() + within
        while True:
            assert self.processes[service].poll() is None, self.log(service)
            done = subprocess.run(
                self.local(words), cwd=ROOT, env=self.environment(service), capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return
            assert time.monotonic() < deadline, f"{service}: {done.stdout}{done.stderr}\n{self.log(service)}"
            time.sleep(1)

    def log(self, service):
        return (self.folder / f"{service}.log").read_text()[-4000:]

    def stop(self):
        """Ask all to stop as ``docker compose down`` does; returns their exit codes."""
        for process in self.processes.values():
            process.terminate()
        codes = {}
        for name, process in self.processes.items():
            try:
                codes[name] = process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = "killed"
        self.processes = {}
        return codes

    def ask(self, method, path, **options):
        """A request as the HTTPS proxy would pass it on."""
        headers = {"Host": HOST, "X-Forwarded-Proto": "https"} | options.pop("headers", {})
        url = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(method, url, headers=headers, timeout=20, allow_redirects=False, **options)

    def query(self, sql):
        """The rows of a statement, over a connection of its own."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

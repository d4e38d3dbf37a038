"""The cast: a small district in which every test plays. One world, named by who is who.

Two streets; street 1 has communities ``c1`` and ``c2`` (siblings), street 2 has ``c3``. Each
community has a resident group ``g`` with a compound and a building below. Users are named
after their role and place: ``cast.secretary`` of c1, ``cast.sibling`` (secretary of c2), …
"""

import importlib
import os
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations as PostgresOperations
from django.db.backends.sqlite3.base import DatabaseOperations
from django.test import Client, override_settings

from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.documents.rendering import pdf_problem
from tests import factories as make
from tests.moved_clock import CLOCK
from tests.remembered import Remembered


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """First the tests that start processes of their own and wait for them: last, one would keep all others waiting."""
    items.sort(key=lambda item: not item.get_closest_marker("slow") or not _starts_processes(item))


def _starts_processes(item: pytest.Item) -> bool:
    used = {"db", "transactional_db", "live_server"}
    return not (item.get_closest_marker("django_db") or used & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """With ``PORTAL_TEST_NOW``, each test begins at that moment."""
    if CLOCK:
        CLOCK.set_back()


@pytest.fixture(autouse=True, scope="session")
def _flush_append_only_tables():
    """Let Django empty the append-only tables between transactional tests on SQLite.

    The triggers are dropped for the flush alone and made again at once; PostgreSQL truncates.
    """
    flush = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(operations, sql_list):
        with operations.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
        try:
            flush(operations, [sql for sql in sql_list if "_fts" not in sql])
        finally:
            with operations.connection.cursor() as cursor:
                for _name, sql in triggers:
                    cursor.execute(sql)

    DatabaseOperations.execute_sql_flush = execute_sql_flush
    yield
    DatabaseOperations.execute_sql_flush = flush


@pytest.fixture(autouse=True, scope="session")
def _flush_what_has_rows():
    """Between transactional tests on PostgreSQL delete the rows of the few tables that have any.

    Truncating all two hundred, as Django does, takes a second: each gets a new file, and a lock of its own.
    """
    flush = PostgresOperations.execute_sql_flush

    def execute_sql_flush(operations, sql_list):
        tables = operations.connection.introspection.django_table_names(only_existing=True, include_views=False)
        tables = [operations.quote_name(name) for name in tables if name != "django_migrations"]
        with transaction.atomic(using=operations.connection.alias), operations.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables))
            filled = [name for (name,) in cursor.fetchall()]
            for name in filled:
                cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            for name in filled:
                cursor.execute(f"DELETE FROM {name}")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table is altered while checks are pending
            for name in filled:
                cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")

    PostgresOperations.execute_sql_flush = execute_sql_flush
    yield
    PostgresOperations.execute_sql_flush = flush


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """As pytest-django makes it; on PostgreSQL its commits do not wait for the disk."""
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} "
                "SET synchronous_commit = off"
            )
            connection.close()


@pytest.fixture(autouse=True, scope="session")
def _settings_of_tests(tmp_path_factory):
    """Attachments lie in a folder of their own; passwords are hashed at the lowest cost."""
    quick = ["tests.hashers.QuickArgon2"]
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files"), PASSWORD_HASHERS=quick):
        yield


@pytest.fixture(autouse=True)
def _clean_cache():
    cache.clear()


def build_cast() -> SimpleNamespace:
    """Make the world and return it by name."""
    s1, s2 = make.make_street(1), make.make_street(2)
    c1, c2, c3 = make.make_community(s1, 2), make.make_community(s1, 3), make.make_community(s2, 2)
    g1, g2, g3 = (make.make_grid(community, 1) for community in (c1, c2, c3))
    compound = make.make_grid(g1, 1)
    building = make.make_grid(compound, 1)
    sibling_compound = make.make_grid(g2, 1)
    area, sibling_area = make.make_area(s1, 1, g1), make.make_area(s1, 2, g2)
    law = make.make_organisation("D01", "城管执法队")
    water = make.make_organisation("D02", "供排水公司")
    unit = make.make_organisation("U01", "第一中学", is_unit=True, community=c1)
    foreign_unit = make.make_organisation("U02", "第二中学", is_unit=True, community=c3)
    return SimpleNamespace(
        s1=s1,
        s2=s2,
        c1=c1,
        c2=c2,
        c3=c3,
        g1=g1,
        g2=g2,
        g3=g3,
        compound=compound,
        building=building,
        sibling_compound=sibling_compound,
        area=area,
        sibling_area=sibling_area,
        law=law,
        water=water,
        unit_org=unit,
        foreign_unit=foreign_unit,
        litter=make.make_category("0201", "垃圾堆积", start_level="grid", limit=2, keywords="垃圾 杂物 堆积"),
        lamp=make.make_category("0102", "路灯故障", start_level="community", limit=3, keywords="路灯 不亮"),
        parking=make.make_category("0301", "占道停车", start_level="community", limit=8, limit_unit="hours"),
        district=make.make_user("district", Role.DISTRICT),
        officer=make.make_user("street.1", Role.STREET, s1),
        other_officer=make.make_user("street.2", Role.STREET, s2),
        secretary=make.make_user("community.1", Role.COMMUNITY, c1),
        sibling=make.make_user("community.2", Role.COMMUNITY, c2),
        leader=make.make_user("grid.1", Role.GRID, g1),
        sibling_leader=make.make_user("grid.2", Role.GRID, g2),
        area_leader=make.make_user("area.1", Role.AREA, area),
        department=make.make_user("department.1", Role.DEPARTMENT, law),
        other_department=make.make_user("department.2", Role.DEPARTMENT, water),
        liaison=make.make_user("unit.1", Role.UNIT, unit),
        auditor=make.make_user("auditor", Role.AUDITOR),
        security=make.make_user("security", Role.SECURITY),
        system=make.make_user("system", Role.SYSTEM),
        nobody=make.make_user("nobody"),
    )


remembered_cast = Remembered(build_cast)


@pytest.fixture
def cast(db) -> SimpleNamespace:
    """The world, in the test's transaction."""
    return remembered_cast()


@pytest.fixture
def live_cast(transactional_db) -> SimpleNamespace:
    """The world, committed: for tests with threads, a live server or a worker."""
    return remembered_cast()


@pytest.fixture
def sign_in():
    """``sign_in(user)`` → a Django test client with that user's session."""

    def client_for(user) -> Client:
        client = Client()
        client.force_login(user, backend="suzhou_portal.accounts.backends.NameOrPhoneBackend")
        return client

    return client_for


@pytest.fixture
def refuse_entries(db):
    """``refuse_entries("issue.escalate")``: the trail takes no entry of this action, for any failure of its write.

    Before the test writes any other entry: PostgreSQL alters no table with pending checks.
    """

    def refuse(action: str) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE audit_auditentry ADD CONSTRAINT refused CHECK (action <> '{action}')")
            else:
                cursor.execute(
                    "CREATE TRIGGER refused BEFORE INSERT ON audit_auditentry "
                    f"WHEN NEW.action = '{action}' BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )

    return refuse


@pytest.fixture
def on_postgresql():
    """Skip (or, when PostgreSQL is required, never skip) tests of real concurrency."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: SQLite has one writer")


@pytest.fixture(scope="session")
def needs_pdf():
    """The module ``lib.documents.pdf``; skips where the machine cannot write PDFs (or fails where that is required)."""
    if problem := pdf_problem():
        if "pdf" in os.environ.get("PORTAL_REQUIRE", ""):
            pytest.fail(f"PDFs are required: {problem}")
        pytest.skip("no Pango or no Chinese font on this machine: no PDFs")
    return importlib.import_module("suzhou_portal.lib.documents.pdf")

"""Alive and ready: what probes and the system administrator are told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from suzhou_portal.health import CHECKS
from suzhou_portal.notices.models import Heartbeat
from suzhou_portal.notices.services import beat

pytestmark = pytest.mark.dialect


def test_alive_needs_neither_sign_in_nor_database(client):
    answer = client.get("/healthz")  # without the db fixture a query would fail the test
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_with_a_fresh_heartbeat(client):
    beat("worker")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, dict.fromkeys(CHECKS, "ok"))
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_before_the_first_job(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (503, "后台任务还没有运行过")


@pytest.mark.django_db
def test_not_ready_when_the_worker_has_stopped(client):
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(seconds=200))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["worker"].startswith("后台任务已停 20")
    assert answer.json()["database"] == "ok"


@pytest.mark.django_db
def test_not_ready_without_the_broker(client, settings):
    beat("worker")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "任务队列连不上")


def test_operations_page_is_for_the_system_administrator(cast, sign_in):
    beat("worker")
    page = sign_in(cast.system).get("/operations/")
    assert page.status_code == 200
    assert "数据库结构" in page.content.decode()
    assert sign_in(cast.secretary).get("/operations/").status_code == 403


def test_the_page_says_what_to_start_when_the_worker_is_down(cast, sign_in, settings):
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(seconds=200))
    settings.REDIS_URL = ""
    assert "make run" in sign_in(cast.system).get("/operations/").content.decode()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    page = sign_in(cast.system).get("/operations/").content.decode()
    assert "docker compose up --detach worker beat" in page
    assert "make run" not in page
    beat("worker")
    assert "worker beat" not in sign_in(cast.system).get("/operations/").content.decode()

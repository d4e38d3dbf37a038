"""Loading the demo district by command: deterministic, once, and only where it belongs."""

import json
import re
from datetime import date
from hashlib import sha256

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from covenants.agreements.models import CovenantEvent
from covenants.deliveries.models import Commitment
from covenants.lists.models import Offer
from grids.issues.models import Issue, IssueEvent
from grids.places.models import Grid, GridPost
from suzhou_portal.accounts.models import User
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.dashboards.demo.loading import Wish, load

TODAY = date(2026, 11, 20)
PASSWORD = "Lantern-river-27"


def digest():
    rows = [
        *Issue.objects.order_by("id").values_list(
            "number", "description", "status", "created_at", "closed_at", "version"
        ),
        *IssueEvent.objects.order_by("id").values_list("action", "at", "actor__username", "organisation__code", "note"),
        *GridPost.objects.order_by("id").values_list("grid__code", "kind", "name"),
        *Grid.objects.order_by("id").values_list("code", "name", "households"),
        *CovenantEvent.objects.order_by("id").values_list(
            "covenant__number", "action", "at", "actor__username", "note"
        ),
        *Commitment.objects.order_by("id").values_list("key", "title", "due_on", "need__number", "progress"),
        *Offer.objects.order_by("id").values_list("number", "title", "organisation__code"),
        *User.objects.order_by("id").values_list("username", "name"),
    ]
    return sha256(json.dumps(rows, default=str).encode()).hexdigest()


@pytest.mark.django_db
def test_the_same_seed_and_day_give_the_same_rows():
    def rows_of(seed):
        with transaction.atomic():
            load(Wish(scale=0.01, seed=seed, today=TODAY), password=PASSWORD)
            found = digest()
            transaction.set_rollback(True)
        return found

    first = rows_of(1)
    assert rows_of(1) == first
    assert rows_of(2) != first


@pytest.mark.django_db
@pytest.mark.dialect
def test_the_command_loads_once_and_only_into_a_demo(settings, capsys):
    with pytest.raises(CommandError, match="PORTAL_DEMO"):
        call_command("load_demo", scale=0.01, verbosity=0)
    settings.DEMO = True
    with pytest.raises(CommandError, match="大于 0"):
        call_command("load_demo", scale=0, verbosity=0)
    assert not User.objects.exists()
    call_command("load_demo", scale=0.01, today=TODAY, verbosity=0)
    shown = capsys.readouterr().out
    assert "community.1–21" in shown
    password = re.search(r"统一密码：(\S+)", shown)[1]
    assert User.objects.get(username="district").check_password(password)
    count, entries = Issue.objects.count(), AuditEntry.objects.count()
    call_command("load_demo", scale=1, verbosity=0)
    assert "已有事件数据" in capsys.readouterr().out
    assert (Issue.objects.count(), AuditEntry.objects.count()) == (count, entries)


@pytest.mark.django_db
def test_it_does_not_mix_with_a_district_that_has_begun(settings):
    settings.DEMO = True
    User.objects.create_user("district", "x", name="某人")
    with pytest.raises(CommandError, match="空库"):
        call_command("load_demo", scale=0.01, verbosity=0)
    assert Grid.objects.count() == 0

"""The channel of the tests, and people whom it reaches."""

from datetime import timedelta

import pytest
from django.utils import timezone

from suzhou_portal.accounts.models import User
from suzhou_portal.notices import preferences
from suzhou_portal.notices.models import Delivery, Kind
from suzhou_portal.notices.services import deliver_waiting, enqueue
from tests.notices import channels


@pytest.fixture
def way(settings):
    """The only channel is the recording one; what it sent and what is to go wrong in it."""
    settings.PORTAL_NOTICE_CHANNELS = channels.SETTING
    channels.sent.clear()
    channels.problems.clear()
    return channels


def reachable(user, number=1, **choices):
    """Give ``user`` a phone, and push at any hour unless ``choices`` say otherwise."""
    User.objects.filter(pk=user.pk).update(phone=f"1380000{number:04d}")
    preferences.keep(user, preferences.Choices(**{"office_hours": False, **choices}))


@pytest.fixture
def underway(cast, way):
    """A delivery to the secretary that is due now."""
    reachable(cast.secretary)
    enqueue(title="SZ-1 上报", url="/issues/", users=[cast.secretary], kind=Kind.ASSIGNED)
    deliver_waiting()
    return Delivery.objects.get()


def make_due(delivery):
    """Let the pause (or the claim) of ``delivery`` be over."""
    Delivery.objects.filter(pk=delivery.pk).update(next_at=timezone.now() - timedelta(seconds=1))

"""Jobs of the accounts."""

from datetime import timedelta

from django.utils import timezone

from suzhou_portal.accounts.models import IdempotentRequest
from suzhou_portal.accounts.tasks import forget_idempotent_requests


def test_answers_are_forgotten_after_seven_days_and_twice_is_once(cast):
    for key, days in (("old", 8), ("young", 6)):
        row = IdempotentRequest.objects.create(user=cast.secretary, key=key, path="/", body_digest="x")
        IdempotentRequest.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))
    assert forget_idempotent_requests() == 1
    assert forget_idempotent_requests() == 0
    assert IdempotentRequest.objects.get().key == "young"

"""Background jobs of the notices; each may run twice."""

from celery import shared_task

from suzhou_portal.lib.time import sweeps
from suzhou_portal.notices import cleaning, digest, sending, services


@shared_task(name="notices.heartbeat")
def heartbeat() -> None:
    """Show that the scheduler sends and the worker works (see ``/readyz``)."""
    services.beat("worker")


@shared_task(name="notices.deliver_outbox")
def deliver_outbox() -> int:
    """Deliver all waiting messages, batch by batch; returns how many."""
    total = 0
    while delivered := services.deliver_waiting(limit=services.BATCH):
        total += delivered
        if delivered < services.BATCH:
            break
    return total


@shared_task(name="notices.send_deliveries")
def send_deliveries() -> int:
    """Send what is due outside the portal, for some seconds; returns how many were tried."""
    return sending.send_due()


@shared_task(name="notices.send_digest")
def send_digest() -> int:
    """Put today's digests into the outbox when it is time; returns how many."""
    return digest.send_today()


@shared_task(name="notices.sweep")
def sweep() -> int:
    """Run what topics do by themselves: remind, let climb, resume …; returns how many rows were acted on."""
    return sweeps.sweep()


@shared_task(name="notices.forget_old")
def forget_old() -> dict[str, int]:
    """Delete what is older than the district keeps; returns how many of each kind."""
    return cleaning.forget_old()

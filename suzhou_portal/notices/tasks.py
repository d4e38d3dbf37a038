"""Background jobs of the notices; each may run twice."""

from celery import shared_task

from suzhou_portal.notices import services


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

"""Background jobs of patrols."""

from celery import shared_task

from grids.patrols import plans


@shared_task(name="grids.remind_of_patrols")
def remind_of_patrols() -> int:
    """Tell area leaders of grids that wait for longer than their plan says; returns of how many areas."""
    return plans.remind()

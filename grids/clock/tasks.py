"""Background jobs of the clock."""

from celery import shared_task

from grids.clock import services
from suzhou_portal.lib.time.sweeps import sweeps

sweeps(services.resume_due)


@shared_task(name="grids.reclock")
def reclock_issues() -> int:
    """Set running clocks by a working calendar that was changed; returns how many."""
    return services.work_off()


@shared_task(name="grids.watch_calendar")
def watch_calendar() -> int:
    """Tell the system administrator of years without known holidays; returns how many were new."""
    return services.watch()

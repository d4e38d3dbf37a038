"""Background jobs of supervision: reminders, climbing, letters that wait for an answer."""

from grids.supervision import services
from suzhou_portal.lib.time.sweeps import sweeps

sweeps(services.remind, services.climb, services.ask_again)

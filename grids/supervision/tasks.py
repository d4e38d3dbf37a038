"""Background jobs of supervision: reminders, climbing. Those of letters that wait are declared with their register."""

from grids.supervision import services
from suzhou_portal.lib.time.sweeps import sweeps

sweeps(services.remind, services.climb)

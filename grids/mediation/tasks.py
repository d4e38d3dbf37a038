"""Background jobs of mediation."""

from grids.mediation.services import remind_overdue
from suzhou_portal.lib.time.sweeps import sweeps

sweeps(remind_overdue)

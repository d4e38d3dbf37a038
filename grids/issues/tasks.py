"""Background jobs of issues."""

from grids.issues.moving import settle_stragglers
from suzhou_portal.lib.time.sweeps import sweeps

sweeps(settle_stragglers)

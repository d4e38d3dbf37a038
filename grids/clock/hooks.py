"""A page that changes the calendar foretells what it means for the clocks that run."""

from grids.clock.services import foresee
from suzhou_portal.rules.calendars import FORESEEN

FORESEEN.connect(foresee, dispatch_uid="grids.reclock")

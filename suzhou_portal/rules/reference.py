"""The office hours that an installation begins with: the platform's default, no rule of the district."""

from suzhou_portal.lib.rows.reference import DEFAULT_NOTE, SINCE, add_missing, loads
from suzhou_portal.lib.time.worktime import DEFAULT_HOURS
from suzhou_portal.rules.models import OfficeHours


@loads(OfficeHours, order=60)
def load() -> int:
    """Only where there are none at all."""
    (morning_from, morning_to), (afternoon_from, afternoon_to) = DEFAULT_HOURS
    hours = OfficeHours(
        starts=SINCE,
        morning_from=morning_from,
        morning_to=morning_to,
        afternoon_from=afternoon_from,
        afternoon_to=afternoon_to,
        note=DEFAULT_NOTE,
    )
    return add_missing([hours], known=lambda row: {})

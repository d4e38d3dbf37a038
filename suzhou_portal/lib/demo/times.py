"""When things happen in the demo district: the rhythm of reports, and office time as a line."""

from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from suzhou_portal.lib.time.worktime import SHANGHAI, is_workday

# Reports per hour of the day, from 0 to 23 o'clock: offices and patrols by day, residents in the evening.
HOURS = (0.3, 0.1, 0.1, 0.1, 0.1, 0.4, 1.5, 4, 10, 14, 13, 8, 4, 4, 7, 12, 13, 10, 7, 6, 5, 3, 1.5, 0.6)
REST_DAY = 0.45
YEAR = 365


def midnight(day: date) -> datetime:
    """The first moment of ``day`` in the portal's time zone."""
    return datetime.combine(day, time.min, SHANGHAI)


def report_times(count: int, today: date, rng: Random) -> list[datetime]:
    """``count`` moments of the twelve months before ``today``, ascending.

    Fewer on days of rest, slowly more from month to month.
    """
    days = [today - timedelta(days=back) for back in range(YEAR, 0, -1)]
    growth = [1 + 0.25 * index / YEAR for index in range(YEAR)]
    weights = [
        factor * (1.0 if is_workday(day) else REST_DAY) * rng.uniform(0.8, 1.2)
        for day, factor in zip(days, growth, strict=True)
    ]
    chosen = rng.choices(days, cum_weights=list(accumulate(weights)), k=count)
    hours = rng.choices(range(24), cum_weights=list(accumulate(HOURS)), k=count)
    return sorted(
        midnight(day) + timedelta(hours=hour, seconds=rng.randrange(3600))
        for day, hour in zip(chosen, hours, strict=True)
    )


class OfficeTime:
    """The office hours of a span of days as one line, to step along it quickly.

    Says the same as the working calendar ``office``, which counts day by day: too slow for a hundred
    thousand steps.
    """

    def __init__(self, first: date, last: date, office: Any) -> None:
        self.starts: list[float] = []
        self.ends: list[float] = []
        self.passed: list[float] = [0.0]
        day = first
        while day <= last:
            if office.workday(day):
                for begin, end in office.hours_on(day):
                    self.starts.append(datetime.combine(day, begin, office.zone).timestamp())
                    self.ends.append(datetime.combine(day, end, office.zone).timestamp())
                    self.passed.append(self.passed[-1] + self.ends[-1] - self.starts[-1])
            day += timedelta(days=1)

    def position(self, moment: datetime) -> float:
        """Office seconds from the first day until ``moment``."""
        stamp = moment.timestamp()
        index = bisect_right(self.starts, stamp) - 1
        if index < 0:
            return 0.0
        return self.passed[index] + min(stamp, self.ends[index]) - self.starts[index]

    def at(self, position: float) -> datetime:
        """The moment at which ``position`` office seconds have passed, to the second."""
        index = min(max(bisect_left(self.passed, position) - 1, 0), len(self.starts) - 1)
        stamp = self.starts[index] + position - self.passed[index]
        return datetime.fromtimestamp(int(stamp), SHANGHAI)

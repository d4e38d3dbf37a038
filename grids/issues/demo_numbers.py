"""Numbers of made-up rows, which are written in bulk."""

from collections import Counter
from datetime import datetime

from django.utils import timezone

from suzhou_portal.rules.models import NumberSequence


class Numbers:
    """Numbers in a row from where a series stands; :meth:`store` moves the series on."""

    def __init__(self, series: str) -> None:
        self.series = series
        rows = NumberSequence.objects.filter(series=self.series)  # unscoped: demo loader
        self.last: Counter[int] = Counter(dict(rows.values_list("year", "last")))

    def next(self, at: datetime) -> str:
        """The next number of the local year of ``at``."""
        year = timezone.localdate(at).year
        self.last[year] += 1
        return f"{self.series}-{year}-{self.last[year]:06d}"

    def store(self) -> None:
        """Write where the series now stands."""
        for year, last in self.last.items():
            NumberSequence.objects.update_or_create(  # unscoped: demo loader
                series=self.series, year=year, defaults={"last": last}
            )

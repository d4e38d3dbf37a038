"""Roll-ups of issues: what dashboards read instead of the rows.

Every change of an issue appends :class:`IssueDelta` rows in its own transaction; one job
folds them into the two tally tables (``grids.tallies.services``). Readers add tally and
deltas, so figures are exact at any moment and no row is hot. What is counted when is
defined once, in ``grids.tallies.measures``. Days and months are cut in Asia/Shanghai.
"""

from django.db import models

MEASURE_NAMES = (
    "reported",
    "due",
    "closed",
    "settled",
    "on_time",
    "first_time",
    "reopened",
    "escalated",
    "solved_grid",
    "solved_community",
    "solved_street",
    "solved_district",
    "visited",
    "responded",
    "resolved",
    "satisfied",
    "accepted",
    "accepted_in_time",
    "supervised",
    "supervision_replied",
    "extended",
    "shelved",
)


class IssueDelta(models.Model):
    """One difference of one measure on one day, not yet folded. Place keys are the community's
    code (or the street's for issues without a community), so that names may change."""

    day = models.DateField()
    street_code = models.CharField(max_length=9)
    community_code = models.CharField(max_length=12, blank=True)
    category = models.ForeignKey("grids.IssueCategory", on_delete=models.PROTECT, related_name="+")
    measure = models.CharField(max_length=20)
    n = models.SmallIntegerField()

    def __str__(self) -> str:
        return f"{self.day} {self.measure} {self.n:+d}"


class IssueDayTally(models.Model):
    """The measures of one place (district, street or community code) on one day: a column for each
    of :data:`MEASURE_NAMES`, whole numbers. A new measure is a name there and a migration.
    """

    place_code = models.CharField(max_length=12)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place_code", "day"], name="issue_day_tally")]

    def __str__(self) -> str:
        return f"{self.place_code} {self.day}"


for _name in MEASURE_NAMES:
    IssueDayTally.add_to_class(_name, models.IntegerField(default=0))


class IssueCategoryTally(models.Model):
    """Reported and closed issues of one place, month (its first day) and category."""

    place_code = models.CharField(max_length=12)
    month = models.DateField()
    category = models.ForeignKey("grids.IssueCategory", on_delete=models.PROTECT, related_name="+")
    reported = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place_code", "month", "category"], name="issue_category_tally")]

    def __str__(self) -> str:
        return f"{self.place_code} {self.month}"

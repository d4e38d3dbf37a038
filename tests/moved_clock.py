"""The tests at another moment: ``PORTAL_TEST_NOW=2027-01-01T00:20+08:00`` moves the clock of each test process.

Every test begins there, or up to a minute later: a run at 23:50 does not end on the next day. From there the clock
goes on, so that whoever sleeps or waits does not wait for ever; ``time.monotonic`` stays as it is. What is not this
process keeps the real time: processes that tests start, the browser, time stamps of files, Redis, the database. The
one ``NOW()`` that the portal itself writes into SQL (whether a token still holds) is moved along.
"""

import os
import time
from datetime import datetime, timedelta

import time_machine
from django.db.models.functions import Now

MOMENT = os.environ.get("PORTAL_TEST_NOW", "")
# Long enough for what is made once and kept for all tests to lie in their past.
AT_MOST = timedelta(minutes=1)


class MovedClock:
    """The clock of this process, set to ``moment`` (with its offset from Greenwich) for good."""

    def __init__(self, moment: str) -> None:
        begins = datetime.fromisoformat(moment)
        if begins.tzinfo is None:
            raise ValueError(f"PORTAL_TEST_NOW={moment} has no offset: {moment}+08:00")
        self.latest = (begins + AT_MOST).timestamp()
        ahead = begins.timestamp() - time.time()
        self.coordinates = time_machine.travel(begins, tick=True).start()
        Now.as_postgresql = _written(f"(STATEMENT_TIMESTAMP() + INTERVAL '{ahead:.0f} seconds')")
        Now.as_sqlite = _written(f"STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW', '{ahead:+.0f} seconds')")

    def set_back(self) -> None:
        """Before each test."""
        if time.time() > self.latest:
            self.coordinates.move_to(self.latest)


def _written(template: str):
    def write(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, template=template, **extra)

    return write


CLOCK = MovedClock(MOMENT) if MOMENT else None

"""How long things take unless somebody says so: what a first draft proposes."""

import calendar
from datetime import date, timedelta

from covenants.parameters import NEED_DAYS, TERM_MONTHS
from suzhou_portal.rules.parameters import parameter


def term_from(begins: date) -> date:
    """The last day of a covenant that begins so and runs as long as the district has set."""
    years, month = divmod(begins.month - 1 + parameter(TERM_MONTHS), 12)
    last = calendar.monthrange(begins.year + years, month + 1)[1]
    return date(begins.year + years, month + 1, min(begins.day, last)) - timedelta(days=1)


def due_from(today: date) -> date:
    """The day by which a need without a date is met."""
    return today + timedelta(days=parameter(NEED_DAYS))

"""How long a covenant runs unless somebody says so: what a first draft proposes."""

import calendar
from datetime import date, timedelta

from covenants.agreements.parameters import TERM_MONTHS
from suzhou_portal.rules.parameters import parameter


def term_from(begins: date) -> date:
    """The last day of a covenant that begins so and runs as long as the district has set."""
    years, month = divmod(begins.month - 1 + parameter(TERM_MONTHS), 12)
    last = calendar.monthrange(begins.year + years, month + 1)[1]
    return date(begins.year + years, month + 1, min(begins.day, last)) - timedelta(days=1)

"""The targets of design.md, section 6: ratios to the floor, and query counts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What must be, and what would be better; ``queries``: the most that a request may send."""

    must: float
    stretch: float
    queries: int | None = None


API_LIST = Target(3.5, 2.5, 8)
PAGE_LIST = Target(5.0, 3.5, 8)
CREATE = Target(3.0, 2.0, 12)
DASHBOARD = Target(4.0, 2.0, 8)
DEEP = Target(1.5, 1.2)
LIST_GROWTH = Target(1.25, 1.1)
DASHBOARD_GROWTH = Target(1.5, 1.2)
SEARCH_P95 = Target(50.0, 15.0)  # milliseconds in the database, at a million rows
REGISTER_PAGE = Target(6.0, 4.0, 12)
REGISTER_API = Target(4.0, 2.5, 10)
ROW_PAGE = Target(6.0, 4.0, 60)  # a detail, a form, a home: asks for what it shows, never once per row
FIGURES = Target(10.0, 5.0, 12)  # of all registers at once
ACTION = Target(6.0, 4.0, 40)  # a step of an issue, taken and taken back
# The page and the answer around a search: the same as without.
PAGE_SEARCH = PAGE_LIST
API_SEARCH = API_LIST

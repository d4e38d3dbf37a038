"""What the tests of registers share: the registers by name, and worlds with many rows."""

from communities.directory.models import Community
from grids.places.models import GridChange, GridPost
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.registers import site
from tests import factories as make

REGISTERS = [register.name for register in site.registers]
# Those that the district sees.
BUSINESS = [
    "streets",
    "organisations",
    "communities",
    "grids",
    "grid-posts",
    "areas",
    "grid-changes",
    "issue-categories",
]


def post_of(grid, name="王小明", **fields):
    """The leader of ``grid``, in office."""
    return make.saved(
        GridPost(grid=grid, community=grid.community, street=grid.street, name=name, starts=make.LONG_AGO, **fields)
    )


def many(cast, start, stop):
    """One more row of every register (but streets) for each number from ``start`` to ``stop``, 0 to 99."""
    for n in range(start, stop):
        number = 100 + n
        community = make.saved(Community(code=f"{cast.s1.code}{number}", name=f"社区{number}", street=cast.s1))
        grid = make.make_grid(community, 1)
        post_of(grid, f"人{number}")
        make.make_grid(make.make_grid(grid, 1), 1)  # a building, which is called with its compound
        make.make_area(cast.s1, number, grid)
        make.make_organisation(f"Q{number}", f"单位{number}", is_unit=True, community=community)
        make.make_category(f"04{n:02d}", f"分类{number}")
        make.make_user(f"user{number}", Role.COMMUNITY, community)
        make.saved(
            GridChange(kind="create", effective="2026-01-01", street=cast.s1, community=community, by=cast.district)
        )

"""The tallies of the demo district, counted at the end: its issues are written in bulk."""

from grids.tallies.services import rebuild_tallies
from suzhou_portal.lib.demo.steps import District, step


@step(order=190)
def tallies(district: District) -> None:
    """From the rows."""
    rebuild_tallies()

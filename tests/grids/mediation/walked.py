"""The rows with which the contract tests walk through disputes."""

from tests.contracts.walk import MARK
from tests.grids.mediation.made import dispute, kind, take


def walked(cast):
    """A dispute under mediation in community 1, and its kind."""
    row = dispute(cast.secretary, cast.building, summary=f"{MARK}争吵")
    return {"mediations": take(row, cast.secretary, "accept", "session"), "dispute-kinds": kind()}

"""What staff see and may do with the rows of ``grids/``, by topic."""

from grids.registers import catalogues, issues, mediations, places, rosters  # noqa: F401 -- each registers its own

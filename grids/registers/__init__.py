"""What staff see and may do with the rows of ``grids/``, by topic."""

from grids.registers import catalogues, five_ones, issues, places, sections  # noqa: F401 -- each registers its own

"""What staff see and may do with the rows of ``grids/``, by topic."""

from grids.register import (  # noqa: F401 -- each registers its own
    catalogues,
    five_ones,
    issues,
    mediations,
    patrols,
    places,
    rosters,
)

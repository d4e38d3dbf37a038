"""What staff see and may do with the rows of ``covenants/``, by topic."""

from covenants.registers import covenants, lists, rubrics  # noqa: F401 -- each registers its own

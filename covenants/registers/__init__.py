"""What staff see and may do with the rows of ``covenants/``, by topic."""

from covenants.registers import covenants, lists, rubrics

__all__ = ["covenants", "lists", "rubrics"]  # each registers its own

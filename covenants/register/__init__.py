"""What staff see and may do with the rows of ``covenants/``, by topic."""

from covenants.register import covenants, lists, rubrics

__all__ = ["covenants", "lists", "rubrics"]  # each registers its own

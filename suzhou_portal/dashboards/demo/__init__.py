"""The demo district: made-up people, units and events in the real places of the district.

Each topic makes up its own rows in its ``demo.py`` (``suzhou_portal.lib.demo.steps``), all drawn from seeded random
generators in a fixed order: the same seed and the same day give the same rows. Here are the accounts, and
:func:`suzhou_portal.dashboards.demo.loading.load`, the way in; the figures aimed at are those of the source article.
"""

from suzhou_portal.dashboards.demo import accounts

__all__ = ["accounts"]  # a step of its own

"""The demo district: made-up people, units and events in the real places of the district.

Everything is drawn from one seeded random generator, in a fixed order: the same seed and
the same day give the same rows. :func:`suzhou_portal.dashboards.demo.loading.load` is the
way in; the figures it aims at are those of the source article.

* ``people``, ``places``, ``organisations``, ``accounts``: who and what there is;
* ``times``: when things happen; ``issues.toml``: what is said; ``stories``: how an issue
  runs through the workflow's own table; ``issues``: writing many of them.
"""

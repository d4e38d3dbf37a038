"""The dashboards keep no rows of their own: they read the tallies and the rows of the apps."""

"""What requests cost, as ratios to a floor measured in the same run (``make bench``).

``python -m tests.benchmarks`` measures against the PostgreSQL database in ``DATABASE_URL``,
which it fills: give it an empty, migrated one. ``test_benchmarks`` makes one and does so.
"""

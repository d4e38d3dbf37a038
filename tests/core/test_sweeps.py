"""Sweeps: every declared part runs, once, and their counts add up."""

from suzhou_portal.lib.time import sweeps


def test_each_part_runs_once_and_the_counts_add_up(monkeypatch):
    monkeypatch.setattr(sweeps, "_declared", [])
    ran = []

    def two():
        ran.append("two")
        return 2

    def none():
        ran.append("none")
        return 0

    sweeps.sweeps(two, none)
    sweeps.sweeps(two)
    assert sweeps.sweep() == 2
    assert ran == ["two", "none"]

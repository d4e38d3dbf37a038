"""Verbs of ``grids/`` that touch several rows or have side effects, by topic."""

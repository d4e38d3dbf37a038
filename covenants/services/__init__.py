"""Verbs of the covenants that touch several rows."""

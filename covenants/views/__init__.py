"""The pages of covenants that are no registers' own."""

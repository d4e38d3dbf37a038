"""What rosters do by themselves."""

from grids.rosters.erasing import erase_telephones

__all__ = ["erase_telephones"]  # a sweep

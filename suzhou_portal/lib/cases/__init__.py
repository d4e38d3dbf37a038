"""Cases: registers whose rows take steps. What a topic declares is imported from here."""

from suzhou_portal.lib.cases.declaration import Case

__all__ = ["Case"]

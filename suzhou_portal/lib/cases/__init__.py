"""Cases: registers whose rows take steps. What a topic declares is imported from here."""

from suzhou_portal.lib.cases.declaration import Case
from suzhou_portal.lib.cases.due import Due
from suzhou_portal.lib.cases.erasing import Erasure
from suzhou_portal.lib.cases.papers import Paper
from suzhou_portal.lib.cases.waiting import Awaited, Wait

__all__ = ["Awaited", "Case", "Due", "Erasure", "Paper", "Wait"]

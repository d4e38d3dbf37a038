"""Contacts in the demo district: some callers of the hotline left one."""

from itertools import count

from communities.directory.models import Community
from grids.issues.demo import Lately, in_community
from grids.issues.models import Source
from grids.reporters.models import Contact
from grids.reporters.services import save_contact

# Form of address only; no number of this block is in use.
CALLERS = ("王女士", "李先生", "张师傅", "赵女士", "陈先生", "马大姐", "刘先生", "杨女士")
PHONE = "1990000{0:04d}"


@in_community(order=60)
def leave_contacts(lately: Lately, community: Community, index: int) -> None:
    """Two of each community's callers."""
    numbers = lately.kept.setdefault("callers", count(1))
    for issue in lately.issues(community).filter(source=Source.HOTLINE, contact=None)[:2]:
        contact = Contact(name=lately.rng.choice(CALLERS), phone=PHONE.format(next(numbers)))
        save_contact(issue, contact, by=lately.secretary(community))

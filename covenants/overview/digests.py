"""What the daily digest says of co-building: the lines of the home page that ask for an act."""

from collections.abc import Sequence

from covenants.overview.waiting import waiting_for
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.notices.digest import Line, add_lines


@add_lines
def covenant_lines(users: Sequence[User]) -> dict[int, list[Line]]:
    """For those who act for a party; one statement each beside those of their scope."""
    told = {}
    for user in users:
        if not (user.can(Verb.COVENANTS_PLACE) or user.can(Verb.COVENANTS_UNIT)):
            continue
        if lines := waiting_for(user, to_do=True):
            told[user.pk] = [Line(f"{line.text} {line.count} {line.measure}", line.url) for line in lines]
    return told

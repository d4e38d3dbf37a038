"""What the daily digest says of registers and cases: what waits for their reader to act."""

from collections.abc import Sequence

from suzhou_portal.accounts.models import User
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.notices.digest import Line, add_lines


@add_lines
def case_lines(users: Sequence[User]) -> dict[int, list[Line]]:
    """The lines of the home page that ask for an act; one statement a user, none for whoever has nothing to see to."""
    told = {user.pk: waiting_for(user, to_do=True) for user in users}
    return {key: [Line(line.phrase, line.url) for line in lines] for key, lines in told.items() if lines}

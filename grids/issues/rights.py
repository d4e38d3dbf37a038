"""Who may act on an issue, and at which level it is kept and checked.

The *keepers* of an issue are the people of its level in its place, and of the levels above (a
street may act for its communities); the *holder* is who has it in hand.
"""

from typing import Any

from grids.categories.models import LEVELS, Level
from grids.issues.models import Holder, Issue, Severity, Status
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.scope import Scope

# The lowest level at which an issue of each severity may start (district default).
SEVERITY_LEVEL: dict[str, str] = {
    Severity.NORMAL: Level.GRID,
    Severity.SERIOUS: Level.COMMUNITY,
    Severity.MAJOR: Level.STREET,
}


def levels_held(scope: Scope, issue: Issue) -> frozenset[str]:
    """The levels at which a ``scope`` answers for ``issue``: its own level and those below."""
    if scope.district:
        return frozenset(LEVELS)
    if issue.street_id in scope.streets:
        return frozenset(LEVELS[:3])
    if issue.community_id in scope.communities:
        return frozenset(LEVELS[:2])
    if issue.grid_id in scope.grids:
        return frozenset(LEVELS[:1])
    return frozenset()


def is_keeper(issue: Issue, user: Any) -> bool:
    """The user answers for the issue at its level, or at a level above."""
    return issue.level in levels_held(user.scope_for(Verb.ISSUES_KEEP), issue)


def may_dispatch(issue: Issue, user: Any) -> bool:
    """A keeper with a directory of organisations to choose from; grid leaders have none."""
    return is_keeper(issue, user) and user.can(Verb.ORGANISATIONS_VIEW)


def is_verifier(issue: Issue, user: Any) -> bool:
    """The user may check the result: a keeper, or the community where the issue is."""
    held = levels_held(user.scope_for(Verb.ISSUES_KEEP), issue)
    return issue.level in held or Level.COMMUNITY in held


def is_holder(issue: Issue, user: Any) -> bool:
    """The user has the issue in hand, as the organisation or as the people of the place."""
    scope = user.scope_for(Verb.ISSUES_HANDLE)
    if issue.holder == Holder.ORGANISATION:
        return issue.organisation_id in scope.organisations
    return issue.holder in levels_held(scope, issue)


def may_answer(issue: Issue, user: Any) -> bool:
    """The holder answers; a keeper may enter the answer of a unit that has no sign-in."""
    return is_holder(issue, user) or is_keeper(issue, user)


def may_void(issue: Issue, user: Any) -> bool:
    """Void and reopen: the people of the issue's level or above who hold the right.

    Whoever reported it by mistake may void it, too, as long as nobody has accepted it: not when it waits
    anew at a higher level, nor to make a letter of supervision go away.
    """
    untouched = issue.status == Status.REPORTED and issue.accepted_at is None and issue.escalated_at is None
    if untouched and not issue.supervised_level and issue.reporter_id == user.pk and user.can(Verb.ISSUES_REPORT):
        return True
    return issue.level in levels_held(user.scope_for(Verb.ISSUES_VOID), issue)


def acting_scope(user: Any) -> Scope:
    """Where ``user`` handles or keeps issues: viewing or reporting alone gives nobody work."""
    keep, handle = user.scope_for(Verb.ISSUES_KEEP), user.scope_for(Verb.ISSUES_HANDLE)
    return Scope(
        district=keep.district or handle.district,
        streets=keep.streets | handle.streets,
        communities=keep.communities | handle.communities,
        grids=keep.grids | handle.grids,
        organisations=keep.organisations | handle.organisations,
    )


def verifying_level(issue: Issue) -> str:
    """The level that checks the result: the lowest one that answers for the place."""
    if issue.level == Level.GRID:
        return Holder.GRID
    return Holder.COMMUNITY if issue.community_id else issue.level


def lowest_level(issue: Any) -> str:
    """The lowest level that the place of an issue (or of a row with its keys) has."""
    if issue.grid_id:
        return Level.GRID
    return Level.COMMUNITY if issue.community_id else Level.STREET


def start_level(category_level: str, severity: str, lowest: str) -> str:
    """The level where an issue starts: by category, raised by severity, no lower than its place has."""
    return str(max((category_level, SEVERITY_LEVEL[severity], lowest), key=LEVELS.index))


# --- the reporter's contact ---------------------------------------------------------------


def sees_contact(issue: Issue, user: Any) -> bool:
    """The user is one of the people of the issue's places, who are shown the contact masked.

    An organisation that has the issue in hand only learns that there is one.
    """
    return bool(user.scope_for(Verb.ISSUES_VIEW).holds_row(issue))


def may_reveal(issue: Issue, user: Any) -> bool:
    """Who may see the contact in the clear (least data; platform default).

    The community and the street of the place, who talk to reporters. The grid leader and the
    district only while the issue is theirs to keep: at their own level, or in their hand.
    """
    held = levels_held(user.scope_for(Verb.CONTACTS_REVEAL), issue)
    if not held:
        return False
    top = max(held, key=LEVELS.index)
    return top in (Level.COMMUNITY, Level.STREET) or top in (issue.level, issue.holder)


def may_keep_contact(issue: Issue, user: Any) -> bool:
    """Who may add, replace or remove the contact: whoever reported the issue, and those who may reveal it."""
    own = issue.reporter_id == user.pk and user.can(Verb.ISSUES_REPORT)
    return not issue.is_part and (own or may_reveal(issue, user))

"""What co-building shows on the pages of organisations, communities and streets."""

from typing import Any

from covenants.overview.looks import look_at
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.panels import panel


@panel("streets.Organisation", "covenants", title="共建", template="covenants/overview/_look.html")
def of_organisation(organisation: Any, user: Any) -> dict[str, Any] | None:
    """What it offered, promised, delivered, how it was rated."""
    if not user.can(Verb.COVENANTS_VIEW):
        return None
    look = look_at(user, parameter="organisation", key=organisation.code, organisation=organisation.pk)
    return {"look": look, "of_unit": True, "is_unit": organisation.is_unit or not look.is_empty}


@panel("communities.Community", "covenants", title="共建", template="covenants/overview/_look.html")
def of_community(community: Any, user: Any) -> dict[str, Any] | None:
    """What it needed, what units promised and delivered, how both sides were rated."""
    if not user.can(Verb.COVENANTS_VIEW):
        return None
    return {"look": look_at(user, parameter="community", key=community.code, community=community.pk)}


@panel("streets.Street", "covenants", title="共建", template="covenants/overview/_look.html")
def of_street(street: Any, user: Any) -> dict[str, Any] | None:
    """The same of a street with its communities."""
    if not user.can(Verb.COVENANTS_VIEW):
        return None
    return {"look": look_at(user, parameter="street", key=street.code, street=street.pk)}

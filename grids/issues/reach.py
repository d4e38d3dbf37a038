"""派出后无人接收: issues that were sent to an organisation or a grid for which nobody can sign in."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import Q

from grids.issues.models import Holder, Issue, Status
from streets.organisations.models import Organisation
from suzhou_portal.accounts.reach import NOBODY, attended, unattended
from suzhou_portal.accounts.roles import Verb

SENT = (Status.DISPATCHED, Status.HANDLING)
SIDES = {Holder.ORGANISATION: "organisation", Holder.GRID: "grid"}


def unreceived() -> Q:
    """The condition of such issues."""
    found = Q()
    for holder, side in SIDES.items():
        found |= Q(holder=holder) & ~Q(attended(side, side))
    return Q(status__in=SENT) & found


def is_unreceived(issue: Issue) -> bool:
    """``issue`` is one of them; one query where it was sent away, else none."""
    side = SIDES.get(Holder(issue.holder))
    if side is None or issue.status not in SENT:
        return False
    return bool(unattended(side, filter(None, [getattr(issue, f"{side}_id")])))


def warning(keys: Collection[int]) -> str:
    """What whoever has sent the issues ``keys`` is told of those that reach nobody; "" when all do. One query."""
    # unscoped: what the user has just sent
    count = Issue.objects.filter(unreceived(), pk__in=keys).count()
    if not count:
        return ""
    which = "" if len(keys) == 1 else f"其中 {count} 件的"
    return f"{which}接收方{NOBODY}，请另行通知。"


def warning_of(issue: Issue) -> str:
    """The same of one issue, which may be divided among several."""
    # unscoped: the parts of an issue that the user may act on
    parts = Issue.objects.filter(parent=issue.pk).values_list("pk", flat=True) if issue.holder == Holder.PARTS else ()
    return warning(list(parts) or [issue.pk])


def _without_anybody(user: Any) -> frozenset[int]:
    """The organisations in the directory of ``user`` for which nobody can sign in; one query a request."""
    if "_without_anybody" not in user.__dict__:
        rows = Organisation.objects.active().visible_to(user, Verb.ORGANISATIONS_VIEW)
        keys = rows.filter(~attended("organisation")).order_by().values_list("pk", flat=True)
        user.__dict__["_without_anybody"] = frozenset(keys)
    found: frozenset[int] = user.__dict__["_without_anybody"]
    return found


def name_for(user: Any, organisation: Organisation) -> str:
    """``organisation`` as ``user`` chooses it, and 无人可登录 where that is so."""
    nobody = user is not None and organisation.pk in _without_anybody(user)
    return f"{organisation}（{NOBODY}）" if nobody else str(organisation)


class _Named:
    """A choice of organisations for ``user`` that says for which nobody can sign in; asked when it is shown."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def label_from_instance(self, obj: Any) -> str:
        """The name, and 无人可登录."""
        return name_for(self.user, obj)


class OrganisationChoice(_Named, forms.ModelChoiceField):
    """One organisation."""


class OrganisationsChoice(_Named, forms.ModelMultipleChoiceField):
    """Several."""

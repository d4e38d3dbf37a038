"""Whom one may begin to negotiate with, and from which need or offer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from communities.directory.models import Community
from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Covenant, Side
from covenants.agreements.periods import term_from
from covenants.agreements.terms import Item, Terms, new_key, title_between
from covenants.lists.models import Need, Offer, ResourceKind
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.searchable import SearchableSelect


def own_places(user: Any) -> list[Street | Community]:
    """The communities and streets that ``user`` may sign for."""
    scope = user.scope_for(Verb.COVENANTS_PLACE)
    # unscoped: the keys are those of the user's own posts
    return [*Street.objects.filter(pk__in=scope.streets), *Community.objects.filter(pk__in=scope.communities)]


def own_units(user: Any) -> Any:
    """The organisations that ``user`` may sign for."""
    # unscoped: the keys are those of the user's own posts
    return Organisation.objects.filter(pk__in=user.scope_for(Verb.COVENANTS_UNIT).organisations, is_active=True)


def may_begin(user: Any) -> bool:
    """``user`` acts for a community, a street or a unit."""
    return bool(user.can(Verb.COVENANTS_PLACE) or user.can(Verb.COVENANTS_UNIT))


def partner_units(user: Any) -> Any:
    """The organisations in the directory of ``user`` that sign covenants."""
    rows = Organisation.objects.visible_to(user, Verb.COVENANTS_PLACE).filter(is_active=True)
    return rows.filter(Q(is_unit=True) | Q(is_department=True) | Q(is_social=True) | Q(is_property=True))


def _label(place: Street | Community) -> str:
    return f"{place.street.name} {place.name}" if isinstance(place, Community) else place.name


class PartiesForm(forms.Form):
    """The two parties. Whoever acts for a place chooses a unit, whoever acts for a unit chooses a place."""

    use_required_attribute = False

    def __init__(self, *args: Any, user: Any, side: Side, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places, units = self._choices(user, side)
        self.places = {place.code: place for place in places}
        self.fields["place"] = forms.ChoiceField(
            label=Side.PLACE.label,
            choices=[("", "请选择"), *((code, _label(place)) for code, place in self.places.items())],
            widget=SearchableSelect,
            error_messages={"required": "请选择社区（街道）。", "invalid_choice": "请从列表中选择。"},
        )
        self.fields["organisation"] = forms.ModelChoiceField(
            units,
            to_field_name="code",
            label="共建单位",
            empty_label="请选择",
            widget=SearchableSelect,
            error_messages={"required": "请选择单位。", "invalid_choice": "没有这个单位，请从列表中选择。"},
        )
        own = "place" if side == Side.PLACE else "organisation"
        only = list(self.places) if side == Side.PLACE else list(units.values_list("code", flat=True)[:2])
        if len(only) == 1:
            self.fields[own].initial = only[0]

    @staticmethod
    def _choices(user: Any, side: Side) -> tuple[list[Any], Any]:
        if side == Side.PLACE:
            return own_places(user), partner_units(user)
        # unscoped: the names of streets and communities are public, a unit may turn to any of them
        streets, communities = Street.objects.all(), Community.objects.select_related("street")
        return [*communities, *streets], own_units(user)

    def title(self) -> str:
        """What their covenant is called where nobody says otherwise."""
        if not self.is_valid():
            return "共建协议"
        return title_between(self.places[self.cleaned_data["place"]], self.cleaned_data["organisation"])

    def covenant(self) -> Covenant:
        """The unsaved covenant between the chosen parties."""
        place = self.places[self.cleaned_data["place"]]
        is_community = isinstance(place, Community)
        return Covenant(
            organisation=self.cleaned_data["organisation"],
            community=place if is_community else None,
            street=place.street if is_community else place,
        )


@dataclass(frozen=True)
class Cause:
    """What a covenant begins with: a need, an offer, or both; either may be None."""

    need: Need | None = None
    offer: Offer | None = None

    def parties(self) -> dict[str, str]:
        """The parties that follow: the place of the need, the unit of the offer."""
        found = {}
        if self.need is not None:
            found["place"] = (self.need.community or self.need.street).code
        if self.offer is not None:
            found["organisation"] = self.offer.organisation.code
        return found

    def terms(self) -> Terms:
        """A first draft for the usual term, with an item that says what is needed or offered."""
        today = timezone.localdate()
        end = term_from(today)
        said = self.need or self.offer
        if said is None:
            return Terms("", today, end)
        is_funds = said.kind == ResourceKind.FUNDS
        item = Item(
            key=new_key(),
            kind=CommitmentKind.FUNDS if is_funds else CommitmentKind.TASK,
            title=said.title,
            due_on=min(max(said.ends or end, today), end),
            quantity=None if is_funds else said.quantity,
            unit="" if is_funds else said.unit,
            amount=said.quantity if is_funds else None,
            need=self.need.number if self.need else "",
        )
        return Terms("", today, end, items=(item,))


def cause_of(user: Any, need: str, offer: str) -> Cause:
    """The open need and the offer with these numbers, as far as ``user`` may see them."""
    needs = Need.objects.visible_to(user, Verb.COVENANTS_VIEW).select_related("community", "street")
    offers = Offer.objects.visible_to(user, Verb.COVENANTS_VIEW).select_related("organisation")
    return Cause(
        needs.filter(number=need[:20], status=Need.Status.OPEN).first() if need and "\x00" not in need else None,
        offers.filter(number=offer[:20]).first() if offer and "\x00" not in offer else None,
    )


def sides_to_begin(user: Any) -> Iterator[Side]:
    """The sides for which ``user`` may begin."""
    if user.can(Verb.COVENANTS_PLACE):
        yield Side.PLACE
    if user.can(Verb.COVENANTS_UNIT):
        yield Side.UNIT

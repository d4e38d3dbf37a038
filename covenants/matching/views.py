"""The page of a need; 适合本单位的需求, and taking a need up."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from covenants.deliveries.claims import promises_for, talks_about
from covenants.lists.models import Need, Offer
from covenants.matching.services import needs_for, offers_for, weights_in_force
from covenants.matching.taking_up import take_up, ways_for
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.pages import ActPage, CasePage
from suzhou_portal.lib.registers.pages import RegisterPage
from suzhou_portal.lib.rows.records import ActionNotPossible

SHOWN = 50


class FittingPage(RegisterPage):
    """The open needs that fit what the user's units offer, the best first."""

    template = "fitting"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page. 403 for whoever acts for no unit."""
        if not request.user.scope_for(Verb.COVENANTS_UNIT).organisations:
            raise PermissionDenied
        own = request.user.scope_for(Verb.COVENANTS_UNIT).organisations
        matches = needs_for(request.user)
        # unscoped: the user's own units
        has_offers = bool(matches) or Offer.objects.filter(organisation__in=own, is_open=True).exists()
        context = {"matches": matches[:SHOWN], "total": len(matches), "has_offers": has_offers}
        return self.render({**context, "weights": weights_in_force()})


class TakeUpPage(RegisterPage):
    """Takes the need up for the user's unit."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """The page of the need, with its buttons: after signing in again."""
        return HttpResponseRedirect(self.register.url_of(self.obj))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Begin the talks, or join the covenant named ``covenant``; ``offer`` names what is drawn on.

        403 for whoever acts for no unit, 404 for a covenant or unit that is not theirs.
        """
        user, need = request.user, self.obj
        if not user.scope_for(Verb.COVENANTS_UNIT).organisations:
            raise PermissionDenied
        if not need.is_open:
            messages.error(request, "这项需求已被认领或已撤回。")
            return HttpResponseRedirect(self.register.url_of(need))
        way = self._way(ways_for(need, user), request.POST)
        number = request.POST.get("offer", "").replace("\x00", "")
        # unscoped: of the user's own unit
        offer = Offer.objects.filter(number=number, organisation=way.organisation).first() if number else None
        try:
            covenant = take_up(need, way.organisation, by=user, covenant=way.covenant, offer=offer)
        except ActionNotPossible:
            messages.error(request, "这项需求刚被认领或撤回。")
            return HttpResponseRedirect(self.register.list_url)
        except ValidationError as error:
            messages.error(request, "".join(error.messages))
            return HttpResponseRedirect(self.register.url_of(need))
        except PermissionError as error:
            raise PermissionDenied from error
        messages.success(request, f"已认领“{need}”，并向{covenant.place}提出第 {covenant.revision} 稿，等对方答复。")
        return HttpResponseRedirect(covenant.get_absolute_url())

    def _way(self, ways: list[Any], data: Any) -> Any:
        """The way that the button named. 404 for none of them."""
        covenant, organisation = data.get("covenant", ""), data.get("organisation", "")
        for way in ways:
            number = way.covenant.number if way.covenant else ""
            if number == covenant and organisation in ("", way.organisation.code):
                return way
        raise Http404


class NeedPage(CasePage):
    """A need: the offers that fit, for its place; the ways to take it up, for units."""

    beside = ()  # there is no column beside

    def context(self, failed: Any = None) -> dict[str, Any]:
        """See the base."""
        return {**super().context(failed), **matching_context(self.obj, self.request.user)}


class NeedActPage(ActPage, NeedPage):
    """Its steps, on the same page."""


def matching_context(need: Need, user: Any) -> dict[str, Any]:
    """What the page of a need shows of what became of it, and of matching."""
    own = user.scope_for(Verb.COVENANTS_UNIT).organisations
    matches = offers_for(need, user) if need.is_open else []
    best: dict[int, Any] = {}
    for match in matches:
        best.setdefault(match.offer.organisation_id, match.offer)
    promises = promises_for(need, user)
    return {
        "promises": promises,
        "talks": [] if promises else talks_about(need, user),
        "matches": matches[:10],
        "weights": weights_in_force(),
        "ways": [(way, best.get(way.organisation.pk)) for way in ways_for(need, user)],
        "own_offers": [match for match in matches if match.offer.organisation_id in own],
        "may_begin": user.can(Verb.COVENANTS_PLACE),
    }

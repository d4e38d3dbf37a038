"""The page of a change of grids."""

from typing import Any

from django.db.models import Exists, OuterRef

from grids.changes.moving import moved_words
from grids.places.models import Grid, GridChangePart
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import pages as views


class ChangeDetail(views.DetailPage):
    """The page of a change: which grids ended and began, and what went along; what an operation ends on."""

    def context(self) -> dict[str, Any]:
        """With the grids that took part; those that are outside the reader's scope by now stay unnamed."""
        change, user = self.obj, self.request.user
        seen = Exists(Grid.objects.visible_to(user, Verb.PLACES_VIEW).filter(pk=OuterRef("grid")))
        named = ("grid__parent", "grid__community", "origin__parent")
        parts = list(change.parts.annotate(seen=seen).select_related(*named).order_by("grid__code", "pk"))
        if not user.can(Verb.ROSTERS_VIEW):
            for part in parts:
                part.note = ""  # names of leaders
        sides = GridChangePart.Side
        return {
            **super().context(),
            "moved": moved_words(change.moved),
            "before": [part for part in parts if part.side == sides.BEFORE],
            "after": [part for part in parts if part.side == sides.AFTER],
        }

"""The register of the streets."""

from typing import Any

from streets.hub.models import Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, Related, site


@site.register
class StreetRegister(Register):
    """街道: only the district adds one; figures are kept by its code, so the code stays."""

    model = Street
    name = "streets"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.PLACES_EDIT
    key = "code"
    columns = ("code", "name", "address", "telephone")
    details = ("code", "name", "address", "telephone", "profile")
    found_by = ("name", "pinyin", "code")
    search = ("name", "pinyin", "code")
    fields = ("code", "name", "address", "telephone", "profile")
    create_only = ("code",)
    import_key = "code"
    related = (
        Related("communities", "street"),
        Related("grids", "street"),
        Related("areas", "street"),
        Related("organisations", "street"),
    )

    def may_create(self, user: Any) -> bool:
        """The district only: a street officer's scope ends at the own street."""
        return self.may_edit(user) and user.scope_for(self.edit_verb).district

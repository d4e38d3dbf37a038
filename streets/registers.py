"""Registers of the streets and of the organisations that they link."""

from typing import Any

from django.db.models import Q

from streets.models import Organisation, Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, Related, site
from suzhou_portal.lib.tables import Computed


@site.register
class StreetRegister(Register):
    """街道: only the district adds one; figures are kept by its code, so the code stays."""

    model = Street
    name = "streets"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.PLACES_EDIT
    key = "code"
    columns = ("code", "name", "address", "telephone")
    details = ("code", "name", "address", "telephone", "profile")
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


@site.register
class OrganisationRegister(Register):
    """单位: departments, co-building units, property companies, social organisations."""

    model = Organisation
    name = "organisations"
    view_verb, edit_verb = Verb.ORGANISATIONS_VIEW, Verb.ORGANISATIONS_EDIT
    key = "code"
    columns = ("code", "name", "kinds", "street", "community", "telephone")
    more_columns = ("short_name", "address", "is_active")
    computed = {"kinds": Computed("类型", lambda organisation: organisation.kinds)}
    filters = (
        *("street", "community", "is_department", "is_unit", "is_five_link", "is_property", "is_social"),
        "is_active",
    )
    search = ("name", "short_name", "pinyin", "code")
    fields = (
        *("code", "name", "short_name", "is_department", "is_unit", "is_five_link", "is_property", "is_social"),
        *("street", "community", "address", "telephone", "is_active"),
    )
    details = (*("code", "name", "short_name", "kinds", "street", "community", "address", "telephone", "is_active"),)
    create_only = ("code",)
    import_key = "code"
    long = True
    pickable = Q(is_active=True)

"""资源清单: what units offer. The register of needs stands in ``covenants.matching``, whose pages show what fits."""

from typing import Any

from communities.directory.models import Community
from covenants.lists.forms import OfferForm
from covenants.lists.models import Offer
from covenants.lists.services import OFFER_NUMBERS
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed

AMOUNT = Computed("数量", lambda row: row.amount_text, order="quantity")
PERIOD = Computed("时间", lambda row: row.period_text, order="begins")


@site.register
class OfferRegister(Register):
    """资源清单: kept by each unit itself; where it serves, or the whole district."""

    model = Offer
    name = "offers"
    view_verb, edit_verb = Verb.COVENANTS_VIEW, Verb.COVENANTS_UNIT
    key = "number"
    title_column = "title"
    columns = ("title", "kind", "amount", "organisation", "period", "is_open")
    more_columns = ("number", "community", "street", "created_at")
    computed = {"amount": AMOUNT, "period": PERIOD}
    details = (
        *("number", "organisation", "kind", "description", "amount", "period", "street", "community", "is_open"),
        "created_at",
    )
    filters = ("kind", "is_open", "organisation", "street", "community")
    found_by = ("number", "title")
    search = ("number", "title", "description", "organisation__name", "organisation__pinyin")
    fields = (
        *("organisation", "kind", "title", "description", "quantity", "unit", "begins", "ends"),
        *("street", "community", "is_open"),
    )
    together = (("quantity", "unit"), ("begins", "ends"), ("street", "community"))
    create_only = ("organisation",)
    series = OFFER_NUMBERS
    form_class = OfferForm
    adding = "发布资源"

    def form_choices(self, name: str, user: Any, obj: Any = None) -> Any:
        """The own units; of places those of the streets where the own units stand: further ones are the district."""
        own = user.scope_for(self.edit_verb).organisations
        if name == "organisation":
            return super().form_choices(name, user, obj).filter(pk__in=own)
        # unscoped: around the own units
        streets = Organisation.objects.filter(pk__in=own, street__isnull=False).values("street")
        if name == "street":
            # unscoped: around the own units
            return Street.objects.filter(pk__in=streets)
        # unscoped: around the own units
        return Community.objects.filter(street__in=streets)

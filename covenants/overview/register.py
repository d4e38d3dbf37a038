"""共建单位: who has signed."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from covenants.agreements.models import Covenant
from covenants.deliveries.models import Commitment
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.filters import RegisterFilterSet, RowFilter
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.lib.rows.counts import counted

BY_CODE = {"to_field_name": "code", "empty_label": "全部"}


def _places(level: str) -> Any:
    """The places that the list of covenants may be filtered by."""
    return lambda request: site["covenants"].filter_choices(level, request.user if request else None)


class PartnerFilter(RegisterFilterSet):
    """By where they have signed, and their kind."""

    street = RowFilter(method="signed_in", label="签约街道", queryset=_places("street"), **BY_CODE)
    community = RowFilter(method="signed_in", label="签约社区", queryset=_places("community"), **BY_CODE)

    def signed_in(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Units with a covenant that the reader sees, signed with the community, or in the street."""
        return rows.filter(partners_of(self.request.user, **{name: value}))

    def within(self, rows: QuerySet, keys: dict[str, Any]) -> QuerySet:
        """See the base: by the covenant's place, not by the unit's."""
        return rows.filter(partners_of(self.request.user, **{f"{level}__in": found for level, found in keys.items()}))


def partners_of(user: Any, **where: Any) -> Exists:
    """The condition that an organisation has a signed covenant that ``user`` sees, with ``where``."""
    signed = Covenant.objects.visible_to(user, Verb.COVENANTS_VIEW).signed()
    return Exists(signed.filter(organisation=OuterRef("pk"), **where))


@site.register
class PartnerRegister(Register):
    """共建单位: organisations with a signed covenant that the reader sees. Kept under 单位."""

    model = Organisation
    name = "partners"
    view_verb = Verb.COVENANTS_VIEW
    key = "code"
    columns = ("code", "name", "is_five_link", "covenant_count", "commitment_count", "fulfilled_count")
    more_columns = ("street", "community", "telephone")
    computed = {
        "covenant_count": Computed("协议", lambda row: row.covenant_count, order="covenant_count", number=True),
        "commitment_count": Computed("约定事项", lambda row: row.commitment_count, "commitment_count", number=True),
        "fulfilled_count": Computed("已履约", lambda row: row.fulfilled_count, "fulfilled_count", number=True),
    }
    filters = ("is_five_link",)
    filterset_class = PartnerFilter
    search = ("name", "short_name", "pinyin", "code")

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        self.app, self.title, self.list_url = "covenants", "共建单位", f"/covenants/{self.name}/"

    def rows(self, user: Any) -> Any:
        """See the class; counted over what the reader sees."""
        seen = Covenant.objects.visible_to(user, Verb.COVENANTS_VIEW).signed()
        mine = seen.filter(organisation=OuterRef("pk"))
        # unscoped: promises of covenants that the reader sees
        live = Commitment.objects.filter(covenant__in=seen, covenant__organisation=OuterRef("pk"), is_cancelled=False)
        by = "covenant__organisation"
        # unscoped: partners_of narrows it to the parties of covenants in scope
        return (
            Organisation.objects.filter(partners_of(user))
            .annotate(
                covenant_count=counted(mine, "organisation"),
                commitment_count=counted(live, by),
                fulfilled_count=counted(live.filter(fulfilled_on__isnull=False), by),
            )
            .select_related("street", "community")
        )

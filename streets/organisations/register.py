"""The register of the organisations."""

import django_filters
from django.db.models import Q, QuerySet

from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.filters import RegisterFilterSet
from suzhou_portal.lib.registers.tables import Computed, field_of

KINDS = ("is_department", "is_unit", "is_five_link", "is_property", "is_social")


class OrganisationFilter(RegisterFilterSet):
    """One choice for the kinds, of which an organisation may have several."""

    kind = django_filters.ChoiceFilter(
        method="of_kind",
        label="类型",
        choices=[(name.removeprefix("is_"), field_of(Organisation, name).verbose_name) for name in KINDS],
        empty_label="全部",
    )

    def of_kind(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Organisations of this kind."""
        return rows.filter(**{f"is_{value}": True})


def liaisons_of(organisation: Organisation) -> str:
    """Who signs in for ``organisation`` today, by name; one query, for its own page alone."""
    # unscoped: whoever sees the organisation may know whom to turn to
    posts = Assignment.objects.current().filter(organisation=organisation, user__is_active=True)
    return "、".join(posts.order_by("id").values_list("user__name", flat=True)) or "还没有登录账号"


@site.register
class OrganisationRegister(Register):
    """单位: departments, co-building units, property companies, social organisations."""

    model = Organisation
    name = "organisations"
    view_verb, edit_verb = Verb.ORGANISATIONS_VIEW, Verb.ORGANISATIONS_EDIT
    key = "code"
    columns = ("code", "name", "kinds", "street", "community", "telephone")
    more_columns = ("short_name", "address", "is_active")
    computed = {
        "kinds": Computed("类型", lambda organisation: organisation.kinds),
        "liaisons": Computed("联络员", liaisons_of),
    }
    filters = ("kind", "street", "community", "is_active")
    filterset_class = OrganisationFilter
    found_by = ("name", "short_name", "pinyin", "code")
    search = ("name", "short_name", "pinyin", "code")
    fields = (
        *("code", "name", "short_name", *KINDS),
        *("street", "community", "address", "telephone", "is_active"),
    )
    details = (
        *("code", "name", "short_name", "kinds", "street", "community", "address", "telephone", "liaisons"),
        "is_active",
    )
    create_only = ("code",)
    import_key = "code"
    long = True
    pickable = Q(is_active=True)

"""The two lists: 需求清单 and 资源清单, and 共建单位, who has signed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import URLPattern, path

from communities.models import Community
from covenants.matching import offers_for, weights_in_force
from covenants.models import Covenant, Need, Offer
from covenants.models.covenants import SIGNED
from covenants.needs import NEEDS
from covenants.services.beginning import publish_offer, raise_need
from covenants.services.claims import promises_for, talks_about
from covenants.services.taking_up import ways_for
from covenants.views.lists import FittingPage, TakeUpPage
from covenants.waiting import WaitingFilterSet, waiting_filter
from streets.models import Organisation, Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case
from suzhou_portal.lib.cases.pages import ActPage, CasePage
from suzhou_portal.lib.registers import Link, Register, site
from suzhou_portal.lib.registers.choices import RecordForm
from suzhou_portal.lib.registers.filters import PeriodFilter, RegisterFilterSet, RowFilter, yes_no_filter
from suzhou_portal.lib.registers.tables import Computed

AMOUNT = Computed("数量", lambda row: row.amount_text, order="quantity")
PERIOD = Computed("时间", lambda row: row.period_text, order="begins")


class ListForm(RecordForm):
    """Of a need or an offer. What can be one row only is chosen already: the own community, the own unit."""

    chosen: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].label = "计量单位"
        self.fields["description"].widget.attrs["rows"] = 4
        if not self.adds:
            return
        for name in self.chosen:
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and not self.initial.get(name):
                only = list(field.queryset[:2])
                self.initial[name] = only[0] if len(only) == 1 else None


class NeedForm(ListForm):
    """A community secretary's own community is chosen already."""

    chosen = ("community", "street")


class OfferForm(ListForm):
    """A liaison's only unit is chosen already."""

    chosen = ("organisation",)


class NeedFilter(WaitingFilterSet, PeriodFilter):
    """By place, kind, status, and the days on which it was raised."""

    period_field = "created_at"
    from_issue = yes_no_filter(method="only_from_issue", label="来自事件")
    waiting = waiting_filter("needs")

    def only_from_issue(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Needs that an issue has become (True), or others."""
        return rows.filter(issue__isnull=not value)


class NeedPage(CasePage):
    """A need: the offers that fit, for its place; the ways to take it up, for units."""

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


@site.register
class NeedRegister(Case):
    """需求清单: raised by communities, streets and grid leaders; open ones stand before all units."""

    model = Need
    name = "needs"
    view_verb, edit_verb = Verb.COVENANTS_VIEW, Verb.NEEDS_RAISE
    key = "number"
    title_column = "title"
    columns = ("number", "title", "kind", "amount", "community", "status", "organisation", "created_at")
    more_columns = ("street", "grid", "period", "issue_number")
    computed = {
        "amount": AMOUNT,
        "period": PERIOD,
        "issue_number": Computed("网格事件", lambda need: need.issue.number if need.issue else ""),
    }
    details = (
        *("number", "kind", "description", "amount", "period", "street", "community", "grid", "status"),
        *("organisation", "created_at", "created_by", "met_at", "reason"),
    )
    filters = ("street", "community", "grid", "kind", "status", "organisation", "from_issue")
    filterset_class = NeedFilter
    form_class = NeedForm
    adding = "发布需求"
    search = ("number", "title", "description")
    fields = (
        *("kind", "title", "description", "quantity", "unit", "begins", "ends"),
        *("street", "community", "grid"),
    )
    create_only = ("street", "community", "grid")
    optional = {"street": "选了社区或网格的，自动填写。"}
    workflow = NEEDS
    views = {**Case.views, "detail": NeedPage, "act": NeedActPage, "take": TakeUpPage, "fitting": FittingPage}

    def queryset(self) -> Any:
        """With its issue."""
        return super().queryset().select_related("issue")

    def may_change(self, user: Any, obj: Any) -> bool:
        """While nobody has taken it up."""
        return obj.is_open and super().may_change(user, obj)

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Numbered, and located where its most specific place says."""
        if not any(values.get(name) for name in ("street", "community", "grid")):
            raise ValidationError({"community": "请选择社区；街道的需求选街道。"})
        return self.kept(lambda: raise_need(Need(**values), by=by), by)

    def update(self, obj: Any, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = "") -> Any:
        """While nobody has taken it up, whoever asks."""

        @transaction.atomic
        def save() -> Any:
            if not Need.objects.select_for_update(of=("self",)).get(pk=obj.pk).is_open:
                raise ValidationError("需求已被认领或已撤回，不能再修改。")
            return super(NeedRegister, self).update(obj, values, by=by, version=version, reason=reason)

        return save()

    def urls(self) -> list[URLPattern]:
        """With the page of what fits a unit, and the step of taking up."""
        base = f"{self.app}/{self.name}/"
        return [
            path(f"{base}fitting/", self.views["fitting"].as_view(register=self), name="needs-fitting"),
            path(f"{base}<str:key>/take/", self.views["take"].as_view(register=self), name="needs-take"),
            *super().urls(),
        ]

    def links(self, obj: Any, user: Any) -> list[Link]:
        """The way to the issue that it came from, for those who see it."""
        if obj.issue_id and type(obj.issue).objects.visible_to(user, Verb.ISSUES_VIEW).filter(pk=obj.issue_id).exists():
            return [Link(f"查看事件 {obj.issue.number}", obj.issue.get_absolute_url())]
        return []


@site.register
class OfferRegister(Register):
    """资源清单: kept by each unit itself; where it serves, or the whole district."""

    model = Offer
    name = "offers"
    view_verb, edit_verb = Verb.COVENANTS_VIEW, Verb.COVENANTS_UNIT
    key = "number"
    title_column = "title"
    columns = ("number", "title", "kind", "amount", "organisation", "community", "period", "is_open")
    more_columns = ("street", "created_at")
    computed = {"amount": AMOUNT, "period": PERIOD}
    details = (
        *("number", "organisation", "kind", "description", "amount", "period", "street", "community", "is_open"),
        "created_at",
    )
    filters = ("street", "community", "kind", "organisation", "is_open")
    search = ("number", "title", "description", "organisation__name", "organisation__pinyin")
    fields = (
        *("organisation", "kind", "title", "description", "quantity", "unit", "begins", "ends"),
        *("street", "community", "is_open"),
    )
    create_only = ("organisation",)
    form_class = OfferForm
    adding = "发布资源"

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Numbered."""
        return self.kept(lambda: publish_offer(Offer(**values), by=by), by)

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
        seen = Covenant.objects.visible_to(user, Verb.COVENANTS_VIEW).filter(status__in=SIGNED)
        counted = Q(covenants__in=seen)
        live = counted & Q(covenants__commitments__is_cancelled=False)
        # unscoped: partners_of narrows it to the parties of covenants in scope
        return (
            Organisation.objects.filter(partners_of(user))
            .annotate(
                covenant_count=Count("covenants", filter=counted, distinct=True),
                commitment_count=Count("covenants__commitments", filter=live, distinct=True),
                fulfilled_count=Count(
                    "covenants__commitments",
                    filter=live & Q(covenants__commitments__fulfilled_on__isnull=False),
                    distinct=True,
                ),
            )
            .select_related("street", "community")
        )

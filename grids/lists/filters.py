"""The one filter of issues: the desk, the REST list and the drill-downs of figures all use it.

Every parameter is checked; what cannot be read, is unknown or lies outside the user's scope
is an error beside its field (400 in the API), never ignored. Callers give the rows already
narrowed by ``visible_to`` and ask :meth:`IssueFilter.is_valid` before :attr:`IssueFilter.qs`.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from communities.directory.models import Community
from grids.categories.models import IssueCategory, Level
from grids.issues.columns import Satisfaction
from grids.issues.models import Issue, IssueQuerySet, Light, Severity, Status
from grids.lists.queues import QUEUES
from grids.places.models import Grid
from grids.places.names import names
from grids.tallies.measures import MEASURES, rows_of
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.filters import FIRST_DAY, DaysForm, day_filter
from suzhou_portal.lib.rows.scope import Scope
from suzhou_portal.lib.text.search import Search, Word, fold
from suzhou_portal.lib.time.moments import day_start

# Without any bound in time a list reaches back this far, so that no filter scans all years.
WINDOW = timedelta(days=365)
FOREIGN = "没有{0}，或不在您的管辖范围内。"
# What was heard when the reporter was last reached.
VISIT_RESULTS = [("done", "已回访"), ("unresolved", "未解决"), ("dissatisfied", "不满意"), ("ignored", "无人响应")]
VISIT_CONDITIONS = {
    "done": Q(),
    "unresolved": Q(visit_resolved=False),
    "dissatisfied": Q(visit_satisfaction=Satisfaction.DISSATISFIED),
    "ignored": Q(visit_responded=False),
}
# A number as far as it has been typed, and one typed whole.
NUMBER_BEGINS = re.compile(r"[a-z]{2,10}-\d{4}-\d*(?:-\d*)?")
NUMBER = re.compile(r"[a-z]{2,10}-\d{4}-\d{6,}(?:-\d*)?")


def _visible(model: type[Any]) -> Callable[[Any], QuerySet]:
    """Choices of a filter: the rows of ``model`` in the scope of the request's user."""
    return lambda request: model.objects.visible_to(request.user) if request is not None else model.objects.none()


def _by_code(
    model: type[Any],
    what: str,
    label: str,
    kind: type[filters.ModelChoiceFilter] = filters.ModelChoiceFilter,
    **kwargs: Any,
) -> filters.ModelChoiceFilter:
    return kind(
        queryset=_visible(model),
        to_field_name="code",
        label=label,
        error_messages={"invalid_choice": FOREIGN.format(what)},
        **kwargs,
    )


class _SeveralChoices(filters.fields.MultipleChoiceField):
    """Any of several choices; the empty one that a plain form sends means none."""

    def to_python(self, value: Any) -> list[str]:
        """See Django."""
        return super().to_python([one for one in value if one] if isinstance(value, (list, tuple)) else value)


class _SeveralFilter(filters.MultipleChoiceFilter):
    field_class = _SeveralChoices


class _GridField(filters.fields.ModelChoiceField):
    """A grid by code; the one query brings what lies below it, too: its attribute ``covered`` holds the keys of all."""

    def to_python(self, value: Any) -> Grid | None:
        """See Django."""
        if value in self.empty_values:
            return None
        rows = self.queryset.order_by()
        # A union: no index serves an OR over three tables.
        lines = [rows.filter(**{above: value}) for above in ("code", "parent__code", "parent__parent__code")]
        try:
            found = {grid.code: grid for grid in lines[0].union(*lines[1:], all=True)}
        except ValueError:  # a NUL, which PostgreSQL refuses
            found = {}
        if value not in found:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        grid = found[value]
        grid.covered = [one.pk for one in found.values()]
        return grid


class _GridFilter(filters.ModelChoiceFilter):
    field_class = _GridField


class IssueFilter(filters.FilterSet):
    """Narrows issues; see the module. Places, categories and organisations are named by code.

    ``from`` and ``to`` (days, both included) bound ``created_at``, or with ``measure`` the day
    that the measure counts on: its rows are then exactly those behind the figure.
    """

    q = filters.CharFilter(label="搜索", method="_search", max_length=60)
    queue = filters.ChoiceFilter(
        label="队列", choices=[(queue.name, queue.label) for queue in QUEUES.values()], method="_queue"
    )
    street = _by_code(Street, "这个街道", "街道")
    community = _by_code(Community, "这个社区", "社区")
    grid = _by_code(Grid, "这个网格", "网格", kind=_GridFilter, widget=forms.TextInput, method="_grid")
    category = _by_code(IssueCategory, "这个分类", "分类", method="_category")
    status = _SeveralFilter(label="状态", choices=Status.choices)
    light = filters.ChoiceFilter(label="时限", choices=Light.choices, method="_light")
    level = filters.ChoiceFilter(label="层级", choices=Level.choices)
    severity = filters.ChoiceFilter(label="程度", choices=Severity.choices)
    organisation = _by_code(Organisation, "这个单位", "承办单位")
    visit = filters.ChoiceFilter(label="回访结果", choices=VISIT_RESULTS, method="_visit")
    measure = filters.ChoiceFilter(
        label="指标", choices=[(measure.name, measure.label) for measure in MEASURES.values()], method="_later"
    )

    class Meta:
        model = Issue
        fields: list[str] = []
        form = DaysForm

    @property
    def chosen_queue(self) -> str:
        """The queue asked for; ``all`` when none or an unknown one was named."""
        return self.form.cleaned_data.get("queue") or "all"

    @property
    def is_windowed(self) -> bool:
        """True when only the default window bounds the list in time."""
        values = self.form.cleaned_data
        named = (values.get("from"), values.get("to"), values.get("measure"))
        by_number = NUMBER.fullmatch(fold(values.get("q") or ""))
        return not any(named) and not QUEUES[self.chosen_queue].bounded and not by_number

    @cached_property
    def searched(self) -> tuple[Word, ...]:
        """The words that were searched for; none when the parameters could not be read."""
        return Search.of(self.form.cleaned_data.get("q") or "").words if self.is_valid() else ()

    def filter_queryset(self, queryset: IssueQuerySet) -> IssueQuerySet:
        """The rows that satisfy all parameters (``form.cleaned_data``)."""
        return self._within_days(super().filter_queryset(queryset))

    def _search(self, rows: IssueQuerySet, name: str, value: str) -> IssueQuerySet:
        folded = fold(value)
        if NUMBER_BEGINS.fullmatch(folded):
            return rows.filter(number__startswith=folded.upper())
        return rows.matching(value, self.request.user.scope_for(Verb.ISSUES_VIEW), *self._chosen_places())

    def _chosen_places(self) -> Iterator[Scope]:
        """The places that other parameters ask for, as scopes."""
        for name, level in (("street", "streets"), ("community", "communities")):
            if place := self.form.cleaned_data.get(name):
                yield Scope(**{level: frozenset({place.pk})})

    def _queue(self, rows: IssueQuerySet, name: str, value: str) -> IssueQuerySet:
        return QUEUES[value].rows(rows, self.request.user)

    def _grid(self, rows: IssueQuerySet, name: str, value: Grid) -> IssueQuerySet:
        return rows.filter(grid__in=value.covered)

    def _category(self, rows: IssueQuerySet, name: str, value: IssueCategory) -> IssueQuerySet:
        return rows.filter(category__in=names().categories_below(value.pk))

    def _light(self, rows: IssueQuerySet, name: str, value: str) -> IssueQuerySet:
        return rows.with_light(value)

    def _visit(self, rows: IssueQuerySet, name: str, value: str) -> IssueQuerySet:
        return rows.filter(VISIT_CONDITIONS[value], visited_at__isnull=False)

    def _later(self, rows: IssueQuerySet, name: str, value: Any) -> IssueQuerySet:
        return rows  # measure, from and to belong together: see _within_days

    def _within_days(self, rows: IssueQuerySet) -> IssueQuerySet:
        values = self.form.cleaned_data
        first, last = values.get("from"), values.get("to")
        if values.get("measure"):
            last = last or timezone.localdate()
            return rows_of(rows, values["measure"], first or max(last - WINDOW, FIRST_DAY), last)
        if self.is_windowed:
            first = timezone.localdate() - WINDOW
        if first:
            rows = rows.filter(created_at__gte=day_start(first))
        return rows.filter(created_at__lt=day_start(last, 1)) if last else rows


# ``from`` is a word of the language and cannot be written as an attribute of the class.
for _name, _label in (("from", "自"), ("to", "至")):
    IssueFilter.base_filters[_name] = day_filter(_label, method="_later")

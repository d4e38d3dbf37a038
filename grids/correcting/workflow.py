"""更正: category, place, address or severity of an open issue were wrong, and a keeper sets them right.

What follows from them follows again, by the rules of the report: the level where it starts,
its limit (counted from the report), its figures, search text and routing. What people have
decided since stays: an issue that was escalated or sent down keeps that distance, one that
an organisation works on stays with it. Nobody answers for an issue at a place where it is
not: the people of the old place give it up to those of the new one.
"""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator

from grids.categories.models import LEVELS, IssueCategory
from grids.clock.reckoning import reckoned_times
from grids.issues import clock
from grids.issues.models import OPEN, Holder, Issue, IssueEvent, Severity, Status
from grids.issues.rights import is_keeper, lowest_level, start_level, verifying_level
from grids.issues.telling import tell_former
from grids.issues.workflow import WORKFLOW, relocated
from grids.places.finding import Place, describe, find_places, locate, place_named, place_words
from grids.places.names import names
from grids.routing.workflow import WAITING, route_accepted
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.inputs import note
from suzhou_portal.lib.cases.workflow import Transition

IN_WORK = frozenset({Status.DISPATCHED, Status.HANDLING})
EMPTY = "（空）"


# --- inputs ---------------------------------------------------------------------------


class PlaceField(forms.CharField):
    """A place in the scope in which ``user`` keeps issues, by code or by its words.

    None when left out, or left as the words of the place of ``issue``, which need not be unique.
    """

    def __init__(self, issue: Issue, user: Any, **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)
        self.issue, self.user = issue, user

    def clean(self, value: Any) -> Place | None:
        """The place. Raises ``ValidationError`` for none, or for several."""
        words = " ".join(str(super().clean(value) or "").replace("\x00", "").split())
        if not words or words == place_words(self.issue):
            return None
        if place := place_named(words, self.user, Verb.ISSUES_KEEP):
            return place
        hits = find_places(words, self.user, verb=Verb.ISSUES_KEEP, limit=10)
        exact = [hit for hit in hits if words in (hit.name, describe(hit))]
        if len(hits) == 1 or len(exact) == 1:
            return (exact or hits)[0]
        raise ValidationError("有多处符合，请写全名称，或从提示中选择。" if hits else "您的管辖范围内没有这个地点。")


class KeptCategories(ModelChoiceIterator):
    """The kinds under their groups, from the kept names: the form costs no query."""

    def __iter__(self) -> Iterator[Any]:
        yield ("", self.field.empty_label)
        rows = [row for row in names().categories.values() if row.active]
        for group in (row for row in rows if not row.upper):
            yield (group.name, [(row.pk, row.name) for row in rows if row.upper == group.pk])


class CategoryField(forms.ModelChoiceField):
    """A usable category, by key."""

    iterator = KeptCategories


class KeptText(forms.CharField):
    """A text that stays as it is when it is not sent at all; sent empty, it is emptied."""

    def clean(self, value: Any) -> str | None:
        """The text, or None when it was not sent."""
        return None if value is None else super().clean(value)


def _category(issue: Issue, user: Any) -> forms.Field:
    return CategoryField(
        # unscoped: categories are reference data, open to everybody who is signed in
        queryset=IssueCategory.objects.usable().order_by("code"),
        label="分类",
        required=False,
        initial=issue.category_id,
        error_messages={"invalid_choice": "没有这个分类，请重新选择。"},
    )


def _place(issue: Issue, user: Any) -> forms.Field:
    attrs = {"data-combobox-url": "/places/", "data-combobox-words": "", "autocomplete": "off"}
    return PlaceField(
        issue,
        user,
        label="地点",
        required=False,
        initial=lambda: place_words(issue),
        widget=forms.TextInput(attrs={**attrs, "placeholder": "名称或拼音首字母"}),
    )


def _address(issue: Issue, user: Any) -> forms.Field:
    return KeptText(label="具体位置", required=False, max_length=100, initial=issue.address)


def _severity(issue: Issue, user: Any) -> forms.Field:
    return forms.ChoiceField(
        label="程度", required=False, choices=[("", "不变"), *Severity.choices], initial=issue.severity
    )


# --- the change -----------------------------------------------------------------------


def _correct(issue: Issue, user: Any, inputs: dict[str, Any]) -> str:
    """Set what was sent; level, limit and holder follow, and the status, which is returned.

    Raises ``ValidationError`` when nothing is new.
    """
    was = _Was(issue)
    told = list(filter(None, (_set_category(issue, inputs), _set_place(issue, inputs), *_set_rest(issue, inputs))))
    if not told:
        raise ValidationError("没有改动：请先改正分类、地点、具体位置或程度。")
    issue.level = _level_after(issue, was)
    if issue.category_id != was.category_id:
        _set_limit(issue)
    _hand_on(issue, was)
    inputs["was"] = was
    inputs["note"] = f"{'；'.join(told)}。原因：{inputs['note']}"
    return _new_status(issue, user, was)


def _set_limit(issue: Issue) -> None:
    """The limit of the category of now, from where the clock began, with all that was granted since."""
    issue.limit, issue.limit_unit = issue.category.limit, issue.category.limit_unit
    clock.set_times(issue, reckoned_times([issue])[issue.pk])


class _Was:
    """How an issue stood before its correction."""

    def __init__(self, issue: Issue) -> None:
        self.category_id, self.level, self.holder = issue.category_id, issue.level, issue.holder
        self.places: dict[str, int | None] = {name: getattr(issue, f"{name}_id") for name in LEVELS[:3]}
        self.start = _start_of(issue)

    def has_moved(self, issue: Issue, level: str) -> bool:
        """The place of ``level`` is another one now."""
        return level in self.places and getattr(issue, f"{level}_id") != self.places[level]


def _start_of(issue: Issue) -> str:
    return start_level(issue.category.start_level, issue.severity, lowest_level(issue))


def _set_category(issue: Issue, inputs: dict[str, Any]) -> str:
    chosen: IssueCategory | None = inputs["category"]
    if chosen is None or chosen.pk == issue.category_id:
        return ""
    before, issue.category = issue.category, chosen
    return f"分类由“{before}”改为“{chosen}”"


def _set_place(issue: Issue, inputs: dict[str, Any]) -> str:
    chosen: Place | None = inputs["place"]
    if chosen is None or (type(chosen), chosen.pk) == (type(issue.place), issue.place.pk):
        return ""
    before = place_words(issue)
    locate(issue, chosen)
    return f"地点由“{before}”改为“{describe(chosen)}”"


def _set_rest(issue: Issue, inputs: dict[str, Any]) -> list[str]:
    told = []
    address, severity = inputs["address"], inputs["severity"]
    if address is not None and address.strip() != issue.address:
        told.append(f"具体位置由“{issue.address or EMPTY}”改为“{address.strip() or EMPTY}”")
        issue.address = address.strip()
    if severity and severity != issue.severity:
        before, issue.severity = issue.get_severity_display(), severity
        told.append(f"程度由“{before}”改为“{issue.get_severity_display()}”")
    return told


def _level_after(issue: Issue, was: _Was) -> str:
    """Where it would start now; one that people moved up or down since keeps on that side of its start."""
    start, lowest = _start_of(issue), lowest_level(issue)
    if start == was.start:
        wanted = was.level
    elif LEVELS.index(was.level) > LEVELS.index(was.start):
        wanted = max(was.level, start, key=LEVELS.index)
    elif was.level == was.start:
        wanted = start
    else:
        wanted = min(was.level, start, key=LEVELS.index)
    return str(max(wanted, lowest, key=LEVELS.index))


def _hand_on(issue: Issue, was: _Was) -> None:
    """Who has it in hand now; :func:`_new_status` goes with it."""
    if issue.status in WAITING:
        issue.holder, issue.organisation = issue.level, None
    elif issue.status in IN_WORK and was.has_moved(issue, issue.holder):
        # Those who were at it are not the people of the new place.
        issue.holder = issue.level
    elif issue.status not in IN_WORK:
        issue.holder = verifying_level(issue)


def _new_status(issue: Issue, user: Any, was: _Was) -> str:
    if issue.status in IN_WORK and was.has_moved(issue, was.holder):
        return Status.ACCEPTED if is_keeper(issue, user) else Status.REPORTED
    if issue.status in WAITING and not is_keeper(issue, user):
        return Status.REPORTED
    return str(issue.status)


def _follow(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    """What else stands at the place or is found by it; who is told; and the routing rule, if one says so."""
    was: _Was = inputs["was"]
    relocated(issue)
    if any(was.has_moved(issue, level) for level in LEVELS[:3]):
        _take_parts_along(issue, user)
    for level in dict.fromkeys((was.level, was.holder)):
        if was.has_moved(issue, level):
            tell_former(issue, level, was.places[level], by=user)
    route_accepted(issue, user, inputs, event)


def _take_parts_along(whole: Issue, user: Any) -> None:
    """Bring the parts of ``whole`` (locked; none of them is worked on) to its place: left behind, they would stay
    with people who no longer have anything to do with it, and who could open it again through them.
    """
    for part in Issue.objects.select_for_update(of=("self",)).filter(parent=whole).order_by("id"):
        before = trail.snapshot(part)
        part.street, part.community, part.grid = whole.street, whole.community, whole.grid
        if part.is_open:
            part.level = max(part.level, whole.level, key=LEVELS.index)
            part.holder = verifying_level(part)
        part.version += 1
        part.save()
        IssueEvent.objects.create(
            issue=part,
            actor=user,
            action="go_along",
            from_status=part.status,
            to_status=part.status,
            from_level=before["level"],
            to_level=part.level,
        )
        trail.record("issue.go_along", part, by=user, changes=trail.diff(before, trail.snapshot(part)))
        relocated(part)


TRANSITIONS = (
    Transition(
        action="correct",
        label="更正",
        source=OPEN,
        target=None,
        allowed=is_keeper,
        ready=lambda issue: not issue.is_part and issue.holder != Holder.PARTS,
        inputs={
            "category": _category,
            "place": _place,
            "address": _address,
            "severity": _severity,
            "note": note("原因", required=True),
        },
        change=_correct,
        effect=_follow,
        sentence="更正",
        folded=True,
        hint="只改填错的；层级、期限按更正后的内容重新确定。",
    ),
)


WORKFLOW.extend(*TRANSITIONS)
WORKFLOW.other_sentences["go_along"] = "随总件更正地点"
name_actions({"issue.go_along": "随总件更正地点"}, group="网格事件")

"""回访: whoever reported a closed issue is asked: did somebody answer, is it solved, are they satisfied?

The community asks, or a level above it. Issues whose reporter can be asked wait in the queue
待回访 for some working days from their closure, until the reporter was reached. An answer
that is not good leads to 重开, in the same stroke if wished.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from grids.categories.models import Level
from grids.issues.columns import CONTENT, Satisfaction, answer_words
from grids.issues.models import Issue, IssueEvent, Source, Status
from grids.issues.rights import levels_held, may_void
from grids.issues.telling import tell_level
from grids.issues.workflow import WORKFLOW, IssueConsequence
from grids.reporters.models import ReporterContact
from grids.visits.models import ReturnVisit
from grids.visits.parameters import VISIT_DAYS
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.inputs import note
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.registers.fields import YesNoField
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.parameters import parameter

ANSWERS = ("responded", "resolved", "satisfaction")
MANY_ATTEMPTS = 9_999


def may_visit(issue: Issue, user: Any) -> bool:
    """The community and the levels above it: the grid that solved an issue does not ask about itself."""
    held = levels_held(user.scope_for(Verb.ISSUES_KEEP), issue)
    return Level.COMMUNITY in held


def is_visit_wanted(issue: Issue) -> bool:
    """A reporter outside the portal can be asked: the hotline's order says whom, or they left a contact, here or
    with a duplicate; or they were asked before. At most one query.
    """
    if issue.is_part:
        return False
    if issue.source == Source.HOTLINE or issue.visited_at is not None:
        return True
    if issue.pk is None:  # a story that is not written yet
        return False
    reports = Issue.objects.filter(Q(pk=issue.pk) | Q(merged_into=issue.pk))
    contact = ReporterContact.objects.kept().filter(issue=OuterRef("pk"))
    return reports.filter(Q(source=Source.HOTLINE) | Exists(contact)).exists()


def follow_status(issue: Issue, before: str) -> None:
    """What a change of status from ``before`` means: closing asks for a visit, opening again does not wait for one."""
    if issue.status == before:
        return
    issue.visit_until, issue.visit_attempts = None, 0
    if issue.status == Status.CLOSED and is_visit_wanted(issue):
        issue.visit_until = calendar().add_working_days(moments.now(), parameter(VISIT_DAYS))


def _reached(issue: Issue, user: Any) -> forms.Field:
    return YesNoField(
        label="联系反映人",
        yes="联系上了",
        no="未联系上",
        required=True,
        initial=True,
        error_messages={"required": "请选择是否联系上。"},
    )


def _yes_no(label: str, yes: str, no: str) -> Any:
    def factory(issue: Issue, user: Any) -> forms.Field:
        return _only_when_reached(YesNoField(label=label, yes=yes, no=no, required=False))

    return factory


def _satisfaction(issue: Issue, user: Any) -> forms.Field:
    field = forms.ChoiceField(label="是否满意", choices=Satisfaction.choices, required=False, widget=forms.RadioSelect)
    return _only_when_reached(field)


def _only_when_reached(field: forms.Field) -> forms.Field:
    """Shown while 联系上了 is chosen, by the page's script, and then asked for (:func:`_check`)."""
    field.widget.attrs["data-only-if"] = "reached=true"
    field.needed_sometimes = True  # type: ignore[attr-defined]
    return field


def _reopen(issue: Issue, user: Any) -> forms.Field:
    widget = forms.CheckboxInput(attrs={"data-only-if": "reached=true"})
    if not may_void(issue, user):
        widget = forms.HiddenInput()
    return forms.BooleanField(label="未解决或不满意的，同时重开，继续办理", required=False, widget=widget)


# --- change and effect ----------------------------------------------------------------


def _check(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    """Raises ``ValidationError`` by input: answers belong to a reporter who was reached, and only to them;
    reopening to a complaint.
    """
    errors = {}
    if inputs["reached"]:
        words = {"responded": "是否有人响应", "resolved": "是否解决", "satisfaction": "是否满意"}
        errors = {name: f"请选择{words[name]}。" for name in ANSWERS if inputs[name] in (None, "")}
    else:
        for name in ANSWERS:
            inputs[name] = "" if name == "satisfaction" else None
    if inputs["reopen"] and not errors and not _is_complaint(inputs):
        errors["reopen"] = "已解决并且满意的，不需重开。" if inputs["reached"] else "未联系上反映人的，不能同时重开。"
    elif inputs["reopen"] and not may_void(issue, user):
        errors["reopen"] = f"此件由{Level(issue.level).label}重开，请只记录回访。"
    if errors:
        raise ValidationError(errors)


def _is_complaint(inputs: dict[str, Any]) -> bool:
    return inputs["reached"] and not (inputs["resolved"] and inputs["satisfaction"] in CONTENT)


def _visit(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    _check(issue, user, inputs)
    inputs["remark"] = inputs["note"]
    if inputs["reached"]:
        issue.visited_at, issue.visit_until = moments.now(), None
        issue.visit_responded, issue.visit_resolved = inputs["responded"], inputs["resolved"]
        issue.visit_satisfaction = inputs["satisfaction"]
        said = answer_words(**{name: inputs[name] for name in ANSWERS})
    else:
        issue.visit_attempts = min(issue.visit_attempts + 1, MANY_ATTEMPTS)
        said = f"未联系上（第 {issue.visit_attempts} 次）"
    # The timeline tells what came of it: "回访：已解决，满意".
    inputs["note"] = f"{said}。{inputs['remark']}" if inputs["remark"] else said


def draft_visit(issue: Issue, user: Any, inputs: dict[str, Any], at: datetime) -> ReturnVisit:
    """The unsaved record of a visit whose step was taken at ``at``."""
    return ReturnVisit(
        issue=issue,
        by=user,
        at=issue.visited_at if inputs["reached"] else at,
        reached=inputs["reached"],
        note=inputs["remark"],
        **{name: inputs[name] for name in ANSWERS},
        **{name: getattr(issue, name) for name in ("street", "community", "grid")},
    )


def _keep_record(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    """Store the record; open the issue again where that was asked for, else tell who may."""
    draft_visit(issue, user, inputs, event.at).save(force_insert=True)
    if inputs["reopen"]:
        WORKFLOW.apply(issue, "reopen", by=user, inputs={"note": f"回访：{event.note}"[:500]})
        issue.refresh_from_db()
    elif _is_complaint(inputs) and not may_void(issue, user):
        tell_level(issue, issue.level, f"回访：{event.note.partition('。')[0]}", by=user)


TRANSITIONS = (
    Transition(
        action="visit",
        label="记录回访",
        source=frozenset({Status.CLOSED}),
        target=None,
        allowed=may_visit,
        ready=lambda issue: not issue.is_part,
        inputs={
            "reached": _reached,
            "responded": _yes_no("办理中有没有人联系、答复", "有人响应", "无人响应"),
            "resolved": _yes_no("问题是否解决", "已解决", "未解决"),
            "satisfaction": _satisfaction,
            "note": note("说明", required=False, placeholder="反映人还说了什么（承办单位看得到，不宜公开的不写）"),
            "reopen": _reopen,
        },
        change=_visit,
        effect=_keep_record,
        sentence="回访",
        primary=lambda issue: issue.visit_until is not None,
        folded=True,
    ),
)


class Visited(IssueConsequence):
    """Closing asks for a visit, opening again does not wait for one; records stand where their issue stands."""

    def before(self, obj: Issue) -> str:
        """Its status."""
        return str(obj.status)

    def moved(self, obj: Issue, action: str, before: str, inputs: dict[str, Any]) -> None:
        """See the class."""
        follow_status(obj, before)

    def relocated(self, issue: Issue, before: Any) -> None:
        """Its records go along."""
        ReturnVisit.objects.filter(issue=issue).update(**issue.located)


WORKFLOW.extend(*TRANSITIONS)
WORKFLOW.hang(Visited())

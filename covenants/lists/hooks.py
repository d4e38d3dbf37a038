"""Issues and needs meet: an issue asks for outside help, and its timeline tells what came of it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from covenants.lists.models import Need, ResourceKind
from covenants.lists.services import NEED_NUMBERS, raise_need
from covenants.lists.workflow import organisation_field
from grids.issues.models import OPEN, Holder, Issue, Status
from grids.issues.rights import is_keeper, levels_held, verifying_level
from grids.issues.workflow import WORKFLOW
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.workflow import Transition

EVERY = frozenset(Status)
# What is on its way to an answer by its keeper: there the confirmed delivery is the answer.
ANSWERABLE = frozenset({Status.REPORTED, Status.ACCEPTED, Status.HANDLING})
UNDONE = (Need.Status.OPEN, Need.Status.TAKEN)


def may_ask(issue: Any, user: Any) -> bool:
    """Whoever keeps the issue and may raise needs in its place."""
    return is_keeper(issue, user) and bool(levels_held(user.scope_for(Verb.NEEDS_RAISE), issue))


def _not_asked(issue: Any) -> bool:
    """No need of the issue is under way. Rows of lists, which are no models, are not looked up."""
    if not isinstance(issue, Issue):
        return True
    # unscoped: asked of an issue that the user may see
    # Asking is a step: an issue that has taken none has not asked, and no query is needed to know it.
    return issue.version == 1 or not Need.objects.filter(issue=issue.pk, status__in=UNDONE).exists()


class PublicText(forms.CharField):
    """A text for everybody: looked at for personal numbers also where it is left as it was proposed."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """See the class."""
        return True


def _kind(issue: Any, user: Any) -> forms.Field:
    return forms.ChoiceField(
        label="需要什么",
        choices=ResourceKind.choices,
        initial=ResourceKind.PEOPLE,
        error_messages={"required": "请选择需要什么。"},
    )


def _title(issue: Any, user: Any) -> forms.Field:
    proposed = issue.category.name if isinstance(issue, Issue) else ""
    return PublicText(
        label="需求名称", max_length=60, initial=proposed, error_messages={"required": "请填写需求名称。"}
    )


def _description(issue: Any, user: Any) -> forms.Field:
    return PublicText(
        label="说明",
        max_length=1000,
        required=False,
        initial=issue.description if isinstance(issue, Issue) else "",
        help_text="全区单位都能看到，不要写居民姓名和联系方式。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _ask(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    if not _not_asked(issue):
        raise ValidationError("此件已转为共建需求，尚未办成。")
    inputs["number"] = NEED_NUMBERS.next()
    inputs["note"] = f"{inputs['number']} {inputs['title']}"


def _raise(issue: Issue, user: Any, inputs: dict[str, Any], event: Any) -> None:
    wanted = {name: inputs[name] for name in ("kind", "title", "description")}
    place = {"street": issue.street, "community": issue.community, "grid": issue.grid}
    raise_need(Need(**wanted, **place), by=user, issue=issue, number=inputs["number"])


def _is_answer(issue: Issue) -> bool:
    """The delivery answers the issue: its keeper has it, and nothing holds it up."""
    with_keeper = issue.holder not in (Holder.ORGANISATION, Holder.PARTS, Holder.NOBODY)
    return issue.status in ANSWERABLE and with_keeper and issue.suspended_at is None


def _met(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    if _is_answer(issue):
        issue.holder = verifying_level(issue)


def _told(issue: Any, user: Any) -> forms.Field:
    return forms.CharField(max_length=120)


NOTE = {"note": _told}
UNIT = {"organisation": organisation_field, **NOTE}


def _aside(action: str, label: str, sentence: str, inputs: Any, **more: Any) -> Transition:
    """A step of the portal itself, which only tells."""
    wanted = {"source": EVERY, "target": None, **more}
    return Transition(
        action=action, label=label, sentence=sentence, inputs=inputs, automatic=True, aside=True, **wanted
    )


TRANSITIONS = (
    Transition(
        action="ask_units",
        label="转为共建需求",
        source=frozenset(OPEN),
        target=None,
        allowed=may_ask,
        ready=_not_asked,
        inputs={"kind": _kind, "title": _title, "description": _description},
        change=_ask,
        effect=_raise,
        sentence="转为共建需求",
        folded=True,
        hint="请共建单位帮助；此件仍由本级负责，期限不变。",
    ),
    _aside("need_take", "单位认领需求", "共建单位 {organisation} 认领需求", UNIT),
    _aside("need_release", "需求重新待认领", "共建单位 {organisation} 不再认领，需求重新待认领", UNIT),
    _aside("need_withdraw", "撤回需求", "撤回共建需求", NOTE),
    _aside("need_reopen", "重新发布需求", "重新发布共建需求", NOTE),
    _aside("need_unmeet", "撤销履约确认", "履约确认已撤销，需求仍在办理", NOTE),
    _aside(
        "need_meet",
        "共建单位已办成",
        "共建单位 {organisation} 已办成，可核查办结",
        UNIT,
        target=lambda issue: Status.ANSWERED if _is_answer(issue) else issue.status,
        change=_met,
    ),
)


WORKFLOW.extend(*TRANSITIONS)

"""Steps of a workflow on a page: buttons that open their inputs in place, and what becomes of a press.

A page asks :func:`buttons` for what its user may do, shows each with ``generic/action.html``, and lets
:func:`attempt` take the step. Lost races are told, never overwritten (``generic/action_conflict.html``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from suzhou_portal.audit.trail import GIVEN, history_of
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.rows.history import LATEST
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion
from suzhou_portal.lib.text.free_text import CONFIRM

Prepare = Callable[[forms.Form], forms.Form]


@dataclass
class Action:
    """A button with its inputs. ``is_main``: what should be done next; ``url``: where its form is sent to;
    ``anchor``: its name on the page, where several rows have their buttons; ``keep``: the name under which the
    browser keeps what is typed until the row has it (:func:`draft_name`); ``hindrance``: what stands in the way, told
    in place of the button; ``key``: the digit that opens it (:func:`numbered`), 0 for none.
    """

    transition: Transition
    form: forms.Form
    is_main: bool = False
    url: str = ""
    anchor: str = ""
    keep: str = ""
    hindrance: str = ""
    key: int = 0

    @property
    def name(self) -> str:
        """Its id on the page."""
        return f"act-{self.anchor or self.transition.action}"

    @property
    def is_open(self) -> bool:
        """Its inputs are shown at once: they were sent and something is wrong."""
        return self.form.is_bound

    @property
    def is_decision(self) -> bool:
        """Somebody waits for it: it comes before what else may be done next. Override to say so."""
        return False

    @property
    def is_folded(self) -> bool:
        """It stands behind 更多: seldom used, and not what is to be done next."""
        return self.transition.folded and not self.is_main


def buttons(
    workflow: Workflow,
    row: Any,
    user: Any,
    url_of: Callable[[str], str],
    failed: Action | None = None,
    prepare: Prepare = lambda form: form,
    made: type[Action] = Action,
) -> list[Action]:
    """What ``user`` may do with ``row`` now: first what is to be done next, last what is grave.

    ``url_of(action)`` is the address of a step; ``failed`` stands for the step whose inputs were refused; ``made`` is
    the class of the buttons.
    """
    found = []
    for transition in workflow.available(row, user):
        again = failed is not None and failed.transition is transition
        form = failed.form if failed is not None and again else workflow.form(row, transition.action, user)
        url, keep = url_of(transition.action), draft_name(row, transition.action)
        made_form = form if again else prepare(form)
        found.append(made(transition, made_form, url=url, keep=keep, hindrance=transition.hindered(row)))
    first = sorted(found, key=lambda action: not action.is_decision)
    main = next((one for one in first if one.transition.is_primary(row) and not one.hindrance), None)
    if main is not None:
        main.is_main = True
    return sorted(found, key=lambda action: (not action.is_main, action.transition.grave))


def laid_out(actions: list[Action]) -> tuple[list[Action], list[Action]]:
    """``actions`` as a page of one row shows them, each with its digit: what is to be done next alone, the others
    behind 更多办理; where nothing is, those that are not seldom used.
    """
    shown = [one for one in actions if one.is_main] or [one for one in actions if not one.is_folded]
    folded = [one for one in actions if one not in shown]
    numbered([*shown, *folded])
    return shown, folded


def numbered(actions: Iterable[Action]) -> None:
    """Give ``actions``, in the order of the page, the digits that open them."""
    for key, action in enumerate([one for one in actions if not one.hindrance][:9], 1):
        action.key = key


def draft_name(row: Any, action: str) -> str:
    """The name under which the browser keeps what is typed for the step ``action`` of ``row``."""
    return f"act-{row._meta.label_lower}-{row.pk}-{action}"


@dataclass
class Outcome:
    """What became of a step: the ``fresh`` row; or the row that somebody else has changed (``lost``); or the
    ``form`` with what is wrong in it.
    """

    fresh: Any = None
    lost: Any = None
    form: Any = None


def attempt(request: HttpRequest, workflow: Workflow, row: Any, action: str) -> Outcome:
    """Take the step ``action`` that ``request`` posts. 404: no such step; 403: not this user's; 400: no version."""
    if action not in workflow.by_action:
        raise Http404
    try:
        fresh = workflow.apply(row, action, by=request.user, version=version_of(request), inputs=request.POST)
    except StaleVersion as error:
        return Outcome(lost=error.current)
    except ActionNotPossible as error:
        if not error.reason:
            return Outcome(lost=error.current)
        form = workflow.form(row, action, request.user, request.POST)
        form.add_error(None, error.reason)
        return Outcome(form=form)
    except ActionForbidden as error:
        raise PermissionDenied from error
    except ValidationError as error:
        form = workflow.form(row, action, request.user, request.POST)
        if form.is_valid():  # the error came from the change, not from the inputs
            add_errors(form, error)
        return Outcome(form=form)
    return Outcome(fresh=fresh)


def version_of(request: HttpRequest) -> int:
    """The ``version`` that the page was made from. 400 without one."""
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadRequest("缺少版本号，请刷新页面后再办。")
    return int(text)


def last_event_of(request: HttpRequest) -> int:
    """The last event that the page knew, where it names it; else 0."""
    text = request.POST.get("last_event", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def is_repeated(request: HttpRequest, workflow: Workflow, row: Any, action: str) -> bool:
    """What ``request`` posts is what its user has just done with ``row``: the same step from the same version, with the
    same inputs. Sent twice, it is no conflict. One query.
    """
    seen = version_of(request)
    entries = (entry for entry in history_of(row)[:LATEST] if isinstance(entry.changes, dict))
    was = next((entry for entry in entries if entry.changes.get("version") == [seen, seen + 1]), None)
    if was is None or was.actor_id != request.user.pk or was.action.rpartition(".")[2] != action:
        return False
    form = workflow.form(row, action, request.user, request.POST)
    return was.changes.get(GIVEN) == (form.fingerprint if form.fields else None)


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """Put ``error`` beside the fields that it is about, the rest on top of ``form``."""
    told: Iterable[tuple[str, Any]] = error.message_dict.items() if hasattr(error, "error_dict") else [("", error)]
    for name, texts in told:
        form.add_error(name if name in form.fields else None, texts)


@dataclass(frozen=True)
class Meanwhile:
    """Where a row stands after a lost race: the ``steps`` that others took (``story.Told``), ``now`` in a
    sentence, the page to go ``back`` to, the ``address`` that the step is sent to, and the ``last_event`` that the
    page knows then.
    """

    steps: Iterable[Any]
    now: str
    back: str
    address: str
    last_event: int = 0


def conflict(
    request: HttpRequest,
    workflow: Workflow,
    row: Any,
    action: str,
    meanwhile: Meanwhile,
    prepare: Prepare = lambda form: form,
) -> HttpResponse:
    """409: what others did to ``row`` meanwhile, what was typed, and how to go on where that is still possible."""
    transition = workflow.by_action[action]
    form = prepare(workflow.form(row, action, request.user, request.POST))
    context = {
        "number": getattr(row, "number", str(row)),
        "meanwhile": meanwhile,
        "transition": transition,
        "form": form,
        "typed": typed(form),
        "still_possible": transition in workflow.available(row, request.user),
        "keep": draft_name(row, action),
        "version": row.version,
    }
    return render(request, "generic/action_conflict.html", context, status=409)


def typed(form: forms.Form) -> list[tuple[str, str]]:
    """What was filled in, by label; a choice by its name."""
    form.is_valid()  # for the rows behind the choices
    values = [
        (bound, form.cleaned_data.get(bound.name) or bound.value() or "") for bound in form if bound.name != CONFIRM
    ]
    named = [(str(bound.label), _name_of(bound, value)) for bound, value in values]
    return [(label, text) for label, text in named if text]


def unsaved_words(form: forms.Form) -> str:
    """What was filled in, told to whoever came too late: "您填写的内容没有保存（说明：…）。"; "" for nothing."""
    words = "；".join(f"{label}：{text}" for label, text in typed(form))
    return f"您填写的内容没有保存（{words}）。" if words else ""


def _name_of(bound: forms.BoundField, value: Any) -> str:
    """A value as the form calls it: a choice by its label."""
    if isinstance(value, (list, tuple, QuerySet)):
        return "、".join(_name_of(bound, one) if isinstance(one, str) else str(one) for one in value)
    choices = dict(getattr(bound.field.widget, "choices", ()) or ()) if isinstance(value, (bool, str)) else {}
    return str(choices.get(bound.field.prepare_value(value), "是" if value is True else value))

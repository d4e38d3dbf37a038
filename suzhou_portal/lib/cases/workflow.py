"""Workflow: the one place in which a status changes.

A model's ``workflow.py`` declares a table of :class:`Transition` rows and a
:class:`Workflow` over it. :meth:`Workflow.apply` locks the row, checks table, right and
inputs, saves, writes the event and the audit entry and runs the effects, in one
transaction. Buttons and API actions both come from :meth:`Workflow.available`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.telling import caused_by, take_back, tell
from suzhou_portal.lib.rows.clashes import broken
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion
from suzhou_portal.lib.text.free_text import CONFIRM, FreeTextMixin
from suzhou_portal.lib.time import moments

FieldFactory = Callable[[Any, Any], forms.Field]


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    ``source`` (a status, or several) leads to ``target``: a status, a function of the row as it was that names
    one, or None for a step that leaves the status as it is. ``allowed(obj, user)`` is the right, if it is another
    than that of the table (:meth:`Workflow.allowed`), ``ready(obj)`` any further condition on the row. ``inputs`` maps
    names to factories of form fields ``(obj, user) -> Field``: pages and API validate through the same form.

    What the step does to the row beside the status: ``stamps`` names columns that say when it was taken, ``keeps``
    those that take the input of their name, ``clears`` those that become empty again, ``sets`` those that take a
    value; ``change(obj, user, inputs)`` does what is more than that, after them, and may return another status than
    the target where it depends on the inputs. ``effect(obj, user, inputs, event)`` does what concerns other rows,
    after saving and in the same transaction; ``tells(obj)`` names whom the step is told, as
    ``notices.services.enqueue`` names an audience (None: nobody), with ``words`` where they are not the sentence.

    ``automatic`` steps are the portal's own (user None): nobody is offered them. ``sentence`` tells the step in the
    timeline (else its label): a format string over ``level`` and ``organisation``. Of the buttons one ``primary``
    (always, or where a function of the row says so) stands first, ``folded`` (seldom used) ones
    behind a word, ``grave`` ones ask once more. ``aside`` steps put on record what happened beside
    the run: whatever else holds the row up (a table may say what) does not hinder them. ``binding`` ones
    agree to what another has written: a program, too, must name the ``version`` that it has read. ``quiet`` steps
    are not told to whoever has the row in hand: thousands may be taken at once. ``bulk`` ones may be taken with many
    rows of a list at once. ``undo`` names the step that takes this one back ("" for none): a batch at once, and what
    was told of it. ``hindered(obj)`` tells
    in a sentence what else stands in the way, "" for nothing; unlike ``ready`` it may ask the database: lists do not
    ask it, the page of the row shows the sentence in place of the button, and whoever takes the step all the same is
    told it.
    """

    action: str
    label: str
    source: Collection[str]
    target: str | Callable[[Any], str] | None
    allowed: Callable[[Any, Any], bool] | None = None
    inputs: Mapping[str, FieldFactory] = field(default_factory=dict)
    change: Callable[[Any, Any, dict[str, Any]], str | None] | None = None
    effect: Callable[[Any, Any, dict[str, Any], Any], None] | None = None
    stamps: Collection[str] = ()
    keeps: Collection[str] = ()
    clears: Collection[str] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    tells: Callable[[Any], Mapping[str, Any] | None] | None = None
    ready: Callable[[Any], bool] = lambda obj: True
    automatic: bool = False
    sentence: str = ""
    primary: bool | Callable[[Any], bool] = False
    grave: bool = False
    folded: bool = False
    hint: str = ""
    aside: bool = False
    binding: bool = False
    quiet: bool = False
    bulk: bool = False
    undo: str = ""
    hindered: Callable[[Any], str] = lambda obj: ""

    def __post_init__(self) -> None:
        """A single name stands for itself."""
        for name in ("source", "stamps", "keeps", "clears"):
            given = getattr(self, name)
            object.__setattr__(self, name, frozenset([given] if isinstance(given, str) else given))
        object.__setattr__(self, "sentence", self.sentence or self.label)

    def is_primary(self, obj: Any) -> bool:
        """It is what should be done next with ``obj``."""
        return self.primary if isinstance(self.primary, bool) else self.primary(obj)

    def write(self, obj: Any, inputs: Mapping[str, Any]) -> None:
        """Set the columns that the step stamps, keeps, clears and sets."""
        now = moments.now()
        for name in self.stamps:
            is_moment = isinstance(obj._meta.get_field(name), models.DateTimeField)
            setattr(obj, name, now if is_moment else timezone.localdate(now))
        for name in self.keeps:
            setattr(obj, name, inputs[name])
        for name in self.clears:
            setattr(obj, name, obj._meta.get_field(name).get_default())
        for name, value in self.sets.items():
            setattr(obj, name, value)


class ActionForm(FreeTextMixin, forms.Form):
    """The inputs of one transition; built by :meth:`Workflow.form`. Texts are flagged (``lib.text.free_text``)."""

    confirm_label = "已核对，不是个人信息，照此办理"

    def __init__(self, fields: Mapping[str, forms.Field], *args: Any, trusted: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(fields)
        self.trusted = trusted

    @property
    def fingerprint(self) -> str:
        """What was sent, as a keyed digest that tells nothing of it: the same for the same inputs."""
        given = {name: str(self[name].data) for name in sorted(self.fields) if name != CONFIRM}
        return salted_hmac("suzhou_portal.lib.cases", repr(given)).hexdigest()[:16]


class Consequence:
    """What a topic hangs on every step of a table that stands below it (:meth:`Workflow.hang`), so that the lower
    topic knows nothing of it. Subclasses override what they need.
    """

    def blocks(self, transition: Transition, obj: Any) -> bool:
        """The state of ``obj``, as far as the topic knows it, rules the step out. Not asked of ``aside`` steps."""
        return False

    def before(self, obj: Any) -> Any:
        """What :meth:`moved` and :meth:`after` want to know of the row before the step. No query."""
        return None

    def moved(self, obj: Any, action: str, before: Any, inputs: dict[str, Any]) -> None:
        """Other fields that follow, in memory: before the row is saved, and of rows that are made up in bulk."""

    def after(self, obj: Any, transition: Transition, by: Any, event: Any, before: Any) -> None:
        """What other rows follow; saved, in the transaction of the step."""


class Workflow:
    """A table of transitions over one model. Subclasses fill in the hooks; topics above :meth:`extend` it with
    steps, :meth:`refine` what a step asks for, and :meth:`hang` consequences on it.
    """

    model: type[models.Model]
    transitions: tuple[Transition, ...] = ()
    events: type[models.Model] | None = None  # a ``lib.cases.rows.CaseEvent``; None: the trail alone tells the steps
    sentences: dict[str, str] = {}  # of events that are no steps of the table: how the row came to be …

    def __init__(self) -> None:
        self.by_action: dict[str, Transition] = {}
        self._manual: dict[str, list[Transition]] = {}
        self.taken_back: dict[str, set[str]] = {}  # by a step: those whose messages it takes back
        self.consequences: list[Any] = []
        self.other_sentences = dict(self.sentences)
        self.name_actions(self.sentences)
        self._add(self.transitions)

    def extend(self, *transitions: Transition) -> None:
        """Add rows to the table, once, from a topic that stands above the model's own (its ``workflow.py`` or
        ``hooks.py``, which are read when the portal starts).

        What the topic does with a row of the lower one so has its button, endpoint, right, event and audit
        entry like every other step, and the lower topic need not know it. Raises ``ValueError`` for an
        action that the table has.
        """
        if taken := [transition.action for transition in transitions if transition.action in self.by_action]:
            raise ValueError(f"{type(self).__name__} has {', '.join(taken)}")
        self.transitions = (*self.transitions, *transitions)
        self._add(transitions)

    def refine(self, action: str, **inputs: FieldFactory) -> None:
        """Let a topic above ask for inputs of a step in its own way. KeyError: no such action, or no such input."""
        old = self.by_action[action]
        if unknown := set(inputs) - set(old.inputs):
            raise KeyError(f"{action} does not ask for {', '.join(sorted(unknown))}")
        new = replace(old, inputs={**old.inputs, **inputs})
        self.by_action[action] = new
        self.transitions = tuple(new if row is old else row for row in self.transitions)
        for rows in self._manual.values():
            rows[:] = [new if row is old else row for row in rows]

    def hang(self, consequence: Any) -> None:
        """Have ``consequence`` follow every step, after those that were hung before it."""
        self.consequences.append(consequence)

    def _add(self, transitions: tuple[Transition, ...]) -> None:
        for transition in transitions:
            self.by_action[transition.action] = transition
            if transition.undo:
                self.taken_back.setdefault(transition.undo, set()).add(transition.action)
            for status in transition.source if not transition.automatic else ():
                self._manual.setdefault(status, []).append(transition)
        self.name_actions({transition.action: transition.label for transition in transitions})

    def name_actions(self, names: Mapping[str, str]) -> None:
        """Tell the trail what happens to rows of the table, by action."""
        model = self.model._meta
        named = {f"{model.model_name}.{action}": name for action, name in names.items()}
        name_actions(named, group=str(model.verbose_name))

    # --- questions ----------------------------------------------------------------

    def available(self, obj: Any, user: Any) -> list[Transition]:
        """The transitions that ``user`` may apply to ``obj`` now, in the order of the table."""
        return [t for t in self._manual.get(obj.status, ()) if self.possible(t, obj) and self.may(t, obj, user)]

    def form(self, obj: Any, action: str, user: Any, data: Mapping[str, Any] | None = None) -> ActionForm:
        """The form of an action's inputs, bound to ``data`` when given. KeyError: no such action."""
        transition = self.by_action[action]
        fields = {name: factory(obj, user) for name, factory in transition.inputs.items()}
        return ActionForm(fields, data, auto_id=f"id_{action}_%s", trusted=user is None)

    def possible(self, transition: Transition, obj: Any) -> bool:
        """The status and the other fields of ``obj`` allow the step, whoever takes it."""
        if obj.status not in transition.source or not transition.ready(obj):
            return False
        return transition.aside or not any(one.blocks(transition, obj) for one in self.consequences)

    def may(self, transition: Transition, obj: Any, user: Any) -> bool:
        """``user`` has the right to the step; None is the portal itself, which takes the automatic ones alone."""
        if user is None or transition.automatic:
            return user is None and transition.automatic
        return (transition.allowed or self.allowed)(obj, user)

    def allowed(self, obj: Any, user: Any) -> bool:
        """The right to the steps that name none of their own."""
        return False

    # --- the change ---------------------------------------------------------------

    def refuse(self, transition: Transition, row: Any, by: Any) -> None:
        """Raise :class:`ActionNotPossible` or :class:`ActionForbidden` when ``by`` cannot take the step on ``row``."""
        if not self.possible(transition, row):
            raise ActionNotPossible(row)
        if not self.may(transition, row, by):
            raise ActionForbidden
        if reason := transition.hindered(row):
            raise ActionNotPossible(row, reason)

    def apply(
        self, obj: Any, action: str, *, by: Any, version: int | None = None, inputs: Mapping[str, Any] | None = None
    ) -> Any:
        """Apply ``action`` to the stored row of ``obj``; returns the fresh row.

        ``by`` None: the portal itself. ``inputs`` is raw form data, ``not_personal`` with it when the
        user has confirmed that what looks like a personal number is none. Raises ``KeyError`` (no such
        action), :class:`StaleVersion` (``version`` given and outdated), :class:`ActionNotPossible`,
        :class:`ActionForbidden`, or ``ValidationError`` with messages per input, or that of the constraint which the
        database found broken. Nothing is written in any of these cases.
        """
        try:
            with transaction.atomic():
                return self._apply(obj, action, by, version, inputs or {})
        except IntegrityError as error:
            if words := broken(error, self.model):
                raise ValidationError(words, code="conflict") from error
            raise

    def _apply(self, obj: Any, action: str, by: Any, version: int | None, inputs: Mapping[str, Any]) -> Any:
        transition = self.by_action[action]
        row = self.locked(obj)
        if version is not None and row.version != version:
            raise StaleVersion(row)
        self.refuse(transition, row, by)
        form = self.form(row, action, by, inputs)
        if not form.is_valid():
            raise ValidationError({name: list(errors) for name, errors in form.errors.items()})
        before, observed = trail.snapshot(row), self.observe(row)
        known = self.move(row, action, by, form.cleaned_data)
        row.save()
        event = self.record_event(row, transition, by, before, form.cleaned_data)
        changes: dict[str, Any] = trail.diff(before, trail.snapshot(row))
        if by is not None and form.fields:
            changes[trail.GIVEN] = form.fingerprint
        trail.record(f"{self.model._meta.model_name}.{action}", row, by=by, changes=changes)
        if steps := self.taken_back.get(action):
            take_back(row, steps, self.sentence_of(event) if event else transition.sentence, except_user=by)
        with caused_by(action if any(action in steps for steps in self.taken_back.values()) else ""):
            self.after(row, transition, by, event, observed)
            for consequence, seen in zip(self.consequences, known, strict=True):
                consequence.after(row, transition, by, event, seen)
            self.finally_(row, transition, by, event)
            if transition.effect:
                transition.effect(row, by, form.cleaned_data, event)
            if transition.tells and (audience := transition.tells(row)):
                then = row.get_status_display()
                tell(row, **{"words": transition.sentence, "then": then, "except_user": by, **audience})
        return row

    def move(self, row: Any, action: str, by: Any, inputs: dict[str, Any]) -> list[Any]:
        """The step in memory, without rights and without writing: what :meth:`apply` saves; answers what each
        consequence knew before.

        For rows made in bulk (demo data), which so run through the same table.
        """
        transition = self.by_action[action]
        known = [one.before(row) for one in self.consequences]
        target = transition.target
        status = row.status if target is None else target if isinstance(target, str) else target(row)
        transition.write(row, inputs)
        if transition.change:
            status = transition.change(row, by, inputs) or status
        row.status = status
        row.version += 1
        for consequence, seen in zip(self.consequences, known, strict=True):
            consequence.moved(row, action, seen, inputs)
        return known

    def walk(self, row: Any, action: str, to: str = "") -> None:
        """The step in memory where other fields are known already: for histories made up in bulk.

        ``to`` names the status where the table leaves it to the inputs. Raises :class:`ActionNotPossible`
        from a status where the table does not have the step.
        """
        transition = self.by_action[action]
        if row.status not in transition.source:
            raise ActionNotPossible(row)
        row.status = to or (row.status if transition.target is None else str(transition.target))

    # --- hooks --------------------------------------------------------------------

    def locked(self, obj: Any) -> Any:
        """The stored row of ``obj``, locked until the transaction ends."""
        return self.model._default_manager.select_for_update(of=("self",)).get(pk=obj.pk)

    def observe(self, obj: Any) -> Any:
        """What :meth:`after` wants to know of the row before the change."""
        return None

    def record_event(
        self, obj: Any, transition: Transition, by: Any, before: dict[str, Any], inputs: dict[str, Any]
    ) -> Any:
        """Write the event row of the step and return it; None where the trail alone tells the steps."""
        if self.events is None:
            return None
        event = self.event_of(obj, transition.action, by, before, inputs)
        event.save(force_insert=True)
        return event

    def event_of(self, obj: Any, action: str, by: Any, before: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """The unsaved step ``action`` that led from ``before`` (a snapshot; {}: nothing) to ``obj``."""
        assert self.events is not None  # noqa: S101 -- asked only of tables with events
        return self.events(
            **{self.link: obj},
            at=moments.now(),
            actor=by,
            action=action,
            from_status=before.get("status", ""),
            to_status=obj.status,
            note=inputs.get("note") or "",
        )

    @cached_property
    def link(self) -> str:
        """The name of the foreign key with which an event names its row."""
        fields = self.events._meta.get_fields() if self.events else ()
        return next(field.name for field in fields if field.many_to_one and field.related_model is self.model)

    def events_of(self, obj: Any) -> Any:
        """The events of ``obj``."""
        return self.events._default_manager.filter(**{self.link: obj})

    def sentence_of(self, event: Any) -> str:
        """An event in words, without its note: the sentence of its step, else its label. Override to fill in names."""
        transition = self.by_action.get(event.action)
        if transition is None:
            return self.other_sentences.get(event.action, event.action)
        return transition.sentence

    def who_of(self, event: Any) -> str:
        """Who took a step, as people read it; "" for the portal. Override to name their side."""
        return str(event.actor) if event.actor_id else ""

    def begin(self, obj: Any, action: str, *, by: Any, note: str = "", before: str = "") -> Any:
        """Write an event that is no step of the table: the one with which ``obj`` (stored) came to be, or, from the
        status ``before``, what else happened to it.
        """
        if self.events is None:
            return None
        event = self.event_of(obj, action, by, {"status": before}, {"note": note})
        event.save(force_insert=True)
        return event

    def after(self, obj: Any, transition: Transition, by: Any, event: Any, observed: Any) -> None:
        """The declared effects: outbox rows, roll-up deltas. Same transaction."""

    def finally_(self, obj: Any, transition: Transition, by: Any, event: Any) -> None:
        """What has to wait for all consequences. Same transaction."""

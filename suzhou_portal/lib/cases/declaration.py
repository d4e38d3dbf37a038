"""A case: a register whose rows take steps. One declaration more than a register: its table of steps.

A topic declares it in its ``register.py``, beside its table (``workflow.py``) and papers (``papers.py``)::

    @site.register
    class RequestCase(Case):
        model = Request                     # Numbered, Versioned, with a status; events: lib.cases.rows.CaseEvent
        name = "requests"                   # pages /communities/requests/, REST /api/v1/requests/
        view_verb, edit_verb = Verb.REQUESTS_VIEW, Verb.REQUESTS_MAKE
        key = title_column = "number"
        workflow = REQUESTING               # steps: buttons in place, actions in REST, the story; bulk ones in the list
        series = Series("SQ")               # numbers SQ-2026-000001 (rules.numbers)
        begun = "ask"                       # the event with which a row begins
        creator = "asked_by"                # the column of whoever began it (optional)
        text = "reason"                     # what the page shows first, as it was written
        papers = (LETTER,)                  # lib.cases.papers.Paper
        waits = (Wait("decide", "待审批的申请", "件", to_decide, step="审批"),)     # 待办, digest, filter, counts
        due = Due(running=OPEN_Q, tells=keepers)                        # lights, filters, reminders, what happens then
        erases = Erasure(fields=("person",), after=REQUEST_MONTHS)      # personal texts go some months after the end
        fields, columns, filters, search … as of a register

From that come: the page with facts, story, buttons (the next step first), papers, attachments (where ``files.py``
declares an owner), panels and the conflict view; REST with actions, events and documents; what waits for whom; lights
and reminders (``due`` needs the model to be ``Timed`` and to have ``ended_at``; ``erases`` needs ``Erasable``).
Rows that not everybody may know of: ``scope_rule = Confidential(…)`` on the model (``lib.rows.scope``;
``lib.cases.secrecy`` keeps it from trail and messages). ``next_up(row)`` names whom a new row is told; a step says in
the table whom it ``tells``.
Any part gives way to an ordinary class: ``views``, ``viewset_class``, a template ``<app>/<topic>/<name>_detail.html``.
Here as in all docstrings, ``lib.…`` is ``suzhou_portal.lib.…``.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.urls import URLPattern

from suzhou_portal.audit.describing import action_name
from suzhou_portal.lib.cases import papers as paper
from suzhou_portal.lib.cases.bulk import Steps
from suzhou_portal.lib.cases.bulk_pages import BulkPage, BulkResultPage, BulkUndoPage, CaseListPage
from suzhou_portal.lib.cases.erasing import Erasure
from suzhou_portal.lib.cases.forms import CaseForm
from suzhou_portal.lib.cases.pages import ActPage, CasePage, PaperFilePage, PaperPage
from suzhou_portal.lib.cases.papers_rest import PapersMixin
from suzhou_portal.lib.cases.rest import CaseMixin
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.lib.cases.waiting import Awaited
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.registers.choices import RecordForm
from suzhou_portal.lib.registers.declaration import Register
from suzhou_portal.lib.registers.filters import Condition
from suzhou_portal.lib.registers.rest import viewset_for
from suzhou_portal.lib.time.sweeps import sweeps


class Case(Awaited):
    """See the module's docstring."""

    workflow: Workflow
    form_class: type[RecordForm] = CaseForm
    begun = "register"
    creator = ""  # the column of whoever began a row
    once = ""  # the column of a key: sent again with it by the same user, a row is answered, not made anew
    text = ""
    erases: Erasure | None = None
    papers: tuple[paper.Paper, ...] = ()
    undo_minutes = 15  # so long may a batch of steps be taken back as a whole
    views: dict[str, Any] = {
        **Register.views,
        "list": CaseListPage,
        "bulk": BulkPage,
        "bulk-result": BulkResultPage,
        "bulk-undo": BulkUndoPage,
        "detail": CasePage,
        "act": ActPage,
        "paper": PaperPage,
        "paper-file": PaperFilePage,
    }
    routes = {
        "bulk": "bulk/",  # before the keys of rows
        "bulk-result": "bulk/<slug:batch>/",
        "bulk-undo": "bulk/<slug:batch>/undo/",
        **Register.routes,
        "act": "<str:key>/actions/<slug:action>/",
        "paper": "<str:key>/documents/<slug:document>/",
        "paper-file": "<str:key>/documents/<slug:document>/<slug:kind>/",
    }

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        self.steps = Steps(self.workflow)
        if lost := [step.undo for step in self.bulk_steps if step.undo and step.undo not in self.workflow.by_action]:
            raise ImproperlyConfigured(f"{type(self).__name__}: no step {', '.join(lost)} takes a batch back")
        if self.due is not None:
            clocked = {"running": Condition("在办", self.due.running), "overdue": Condition("超期", self.due.overdue)}
            self.conditions = {**clocked, **self.conditions}
        if self.has_papers and (code := f"{self.model._meta.model_name}.document") == action_name(code):
            self.workflow.name_actions({"document": "打印文书"})
        if self.erases is not None:
            erases, workflow = self.erases, self.workflow
            erases.declared_for(workflow)
            sweeps(lambda: erases.sweep(workflow))

    # --- what a case may say of its rows ---------------------------------------------------

    def papers_of(self, row: Any, user: Any) -> list[paper.Paper]:
        """The documents that ``row`` has now."""
        return [one for one in self.papers if one.exists(row)]

    @property
    def has_papers(self) -> bool:
        """Rows may have documents."""
        return bool(self.papers) or type(self).papers_of is not Case.papers_of

    @property
    def bulk_steps(self) -> list[Transition]:
        """The steps that may be taken with many rows at once, in the order of the table."""
        return [step for step in self.workflow.transitions if step.bulk and not step.automatic]

    def bulk_words(self, row: Any, step: Transition) -> str:
        """What a step taken in bulk means for ``row``, told before it is taken."""
        names = dict(row._meta.get_field("status").flatchoices)
        target = step.target(row) if callable(step.target) else step.target
        return f"{row.get_status_display()} → {names.get(target, target)}" if target else step.sentence

    def undo_inputs(self, step: Transition) -> dict[str, Any]:
        """What the step that takes a batch of ``step`` back is given."""
        return {"note": f"批量{step.label}有误，撤回"} if "note" in self.workflow.by_action[step.undo].inputs else {}

    def answer(self, row: Any, user: Any) -> dict[str, Any]:
        """What REST answers of one row besides."""
        return {}

    def step_url(self, row: Any, action: str) -> str:
        """The address that a step of ``row`` is sent to."""
        key, route = str(getattr(row, self.key)), self.routes["act"]
        return self.list_url + route.replace("<str:key>", key).replace("<slug:action>", action)

    def next_up(self, row: Any) -> dict[str, Any] | None:
        """Whom ``row`` waits for, as ``notices.services.enqueue`` names an audience (roles, place, users).

        None: nobody.
        """
        return None

    def begun_words(self, row: Any) -> str:
        """What is told to whom a new row waits for."""
        return self.workflow.sentences.get(self.begun, self.add_label)

    def now_words(self, row: Any) -> str:
        """Where ``row`` stands, in a sentence."""
        return f"{row.get_status_display()}。"

    # --- rows --------------------------------------------------------------------------------

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Numbered, with its first event, told to whom it waits for; else as a register does."""
        if first := self._sent_before(values, by):
            return first
        given, links = self.parted(values)
        row = self.begin({**given, **({self.creator: by} if self.creator else {})}, by=by)
        try:
            return self.kept(lambda: self._begun(row, links, by, reason), by)
        except ValidationError:
            if first := self._sent_before(values, by):
                return first  # the other of two submissions at once was quicker
            raise

    def _sent_before(self, values: dict[str, Any], by: Any) -> Any:
        key = values.get(self.once) if self.once else None
        rows: Any = self.model._default_manager
        return rows.filter(**{self.once: key, self.creator: by}).first() if key else None

    def values(self, form: Any) -> dict[str, Any]:
        """See the base; with the key of the submission."""
        key = form.cleaned_data.get(self.once) if self.once else None
        return {**super().values(form), **({self.once: key} if key else {})}

    def _begun(self, row: Any, links: dict[str, Any], by: Any, reason: str) -> Any:
        if getattr(row, "located", False):
            row.clean()  # the upper places follow from the lowest
            if row.street_id is None:
                raise ValidationError({"community": "请选择社区。"})
        told = self.workflow.events is not None  # else the trail is the story, and begins as that of every row
        action = f"{self.model._meta.model_name}.{self.begun}" if told else "create"
        stored = self.store(row, links, by=by, reason=reason, action=action)
        self.workflow.begin(stored, self.begun, by=by, note=reason)
        if audience := self.next_up(stored):
            tell(stored, self.begun_words(stored), except_user=by, **audience)
        return stored

    # --- surfaces --------------------------------------------------------------------------------

    def viewset(self) -> Any:
        """See the base; with the steps, events and documents."""
        mixins = (CaseMixin, PapersMixin) if self.has_papers else (CaseMixin,)
        return viewset_for(self, *mixins, workflow=self.workflow)

    def urls(self) -> list[URLPattern]:
        """See the base; without papers there are no pages of papers, without bulk steps none of these."""
        without = [] if self.has_papers else [f"{self.name}-paper"]
        without += [] if self.bulk_steps else [f"{self.name}-bulk"]
        return [url for url in super().urls() if not any(str(url.name).startswith(name) for name in without)]

"""The page of a case: what it is about, where it stands, what may be done now, its story, its papers; the doing."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from suzhou_portal.lib.cases import acting, papers
from suzhou_portal.lib.cases.onward import AwaitedPage, came_back
from suzhou_portal.lib.cases.story import since, story_of
from suzhou_portal.lib.registers.pages import RegisterPage
from suzhou_portal.lib.registers.searchable import make_searchable

# What stands above lib and knows attachments of rows (``suzhou_portal.files``) adds itself: (row, user) → panel, None.
ATTACHMENTS: list[Callable[[Any, Any], Any]] = []


class CasePage(AwaitedPage):
    """See the module. A row that waits for nobody and has no story is shown as a register shows it."""

    generic = "case"
    beside = ("status", "light", "due_at")  # what the column of what is to be done says

    def context(self, failed: acting.Action | None = None) -> dict[str, Any]:
        """See the base. ``failed``: a step with what is wrong in its form."""
        row, user, register = self.obj, self.request.user, self.register
        shown, folded = acting.laid_out(self.actions(failed))
        attachments = (attach(row, user) for attach in ATTACHMENTS)
        return {
            **super().context(),
            "row": row,
            "actions": shown,
            "folded": folded,
            "folded_open": not shown or any(action.is_open for action in folded),
            "steps": story_of(register.workflow, row, user),
            "papers": register.papers_of(row, user),
            "attachments": next(filter(None, attachments), None),
            "text": getattr(row, register.text) if register.text else "",
            "light": row.light if register.due is not None and row.ended_at is None else "",
        }

    def says(self, name: str) -> bool:
        """See the base: where the row stands, and the text with which the page begins."""
        return name in self.beside or name == self.register.text

    def actions(self, failed: acting.Action | None = None) -> list[acting.Action]:
        """The steps of the row's workflow that the user may take."""
        register, row = self.register, self.obj

        def url_of(action: str) -> str:
            return str(register.step_url(row, action)) + self.suffix

        return acting.buttons(register.workflow, row, self.request.user, url_of, failed, self.prepare)

    def prepare(self, form: Any) -> Any:
        """The form of a step, as the page shows it: long choices are found by typing, and what may stay open is not
        asked where there is nothing to choose.
        """
        for name, field in list(form.fields.items()):
            if not field.required and isinstance(field, ModelChoiceField) and not field.queryset.exists():
                del form.fields[name]
        return make_searchable(form)


class ActPage(CasePage):
    """Takes a step of the row's workflow, from the buttons of its page."""

    http_method_names = ["get", "post", "options"]

    def page(self) -> CasePage:
        """The page of the row, of the class that the register names."""
        made: CasePage = self.register.views["detail"](register=self.register)
        made.setup(self.request, **self.kwargs)
        made.obj = self.obj
        return made

    def get(self, request: HttpRequest, key: str, action: str = "") -> HttpResponse:
        """The page of the row, at the inputs of the step: whoever had to sign in again comes here."""
        self._known(action)
        return HttpResponseRedirect(f"{self.register.url_of(self.obj)}{self.suffix}#act-{action}")

    def _known(self, action: str) -> None:
        transition = self.register.workflow.by_action.get(action)
        if transition is None or transition.automatic:
            raise Http404

    def post(self, request: HttpRequest, key: str, action: str) -> HttpResponse:
        """Take the step. 404 for an unknown one, 403 without the right, 409 where the row has moved on,
        422 with what is wrong beside the inputs.
        """
        self._known(action)
        workflow, register = self.register.workflow, self.register
        outcome = acting.attempt(request, workflow, self.obj, action)
        if outcome.lost is not None:
            return self._lost(request, key, action)
        if outcome.form is not None:
            page = self.page()
            failed = acting.Action(workflow.by_action[action], page.prepare(outcome.form))
            return page.render(page.context(failed), status=422)
        row = outcome.fresh
        self.done(row, action)
        messages.success(request, self.said(row, workflow.by_action[action]))
        # What was done may have taken it out of reach.
        seen = register.rows(request.user).filter(pk=row.pk).exists()
        if not seen:
            return HttpResponseRedirect(came_back(register, request))
        return HttpResponseRedirect(f"{register.url_of(row)}{self.suffix}" if self.suffix else self.onward(row))

    def done(self, row: Any, action: str) -> None:
        """What comes with a step besides its inputs, once it is taken: a scan."""

    def onward(self, row: Any) -> str:
        """Where the user goes after a step: to the page of the row; in a list to be worked off always there."""
        return str(self.register.url_of(row))

    def said(self, row: Any, transition: Any) -> str:
        """What is told after the step: what was done, and where the row stands."""
        return f"{row} {transition.sentence}。{self.register.now_words(row)}"

    def _lost(self, request: HttpRequest, key: str, action: str) -> HttpResponse:
        """409: what others did meanwhile, and what was typed. The same step sent twice is no conflict."""
        register, workflow = self.register, self.register.workflow
        row = register.find(request.user, key)
        if row is None:
            raise Http404
        back = f"{register.url_of(row)}{self.suffix}"
        if acting.is_repeated(request, workflow, row, action):
            return HttpResponseRedirect(back)
        missed = row.version - acting.version_of(request)
        steps = since(story_of(workflow, row, request.user), missed, acting.last_event_of(request))
        last, here = steps[-1].key if steps else 0, request.get_full_path()
        meanwhile = acting.Meanwhile(steps, register.now_words(row), back, here, last)
        return acting.conflict(request, workflow, row, action, meanwhile, self.prepare)


@method_decorator(never_cache, name="dispatch")
class PaperPage(RegisterPage):
    """A document of the row, to look at and print."""

    def get(self, request: HttpRequest, key: str, document: str) -> HttpResponse:
        """The page. 404 for a document that the row does not have."""
        found = papers.named(self.register.papers_of(self.obj, request.user), document)
        return papers.paper_page(request, self.obj, found, f"返回{self.register.title}")


@method_decorator(never_cache, name="dispatch")
class PaperFilePage(RegisterPage):
    """A document of the row as a file."""

    def get(self, request: HttpRequest, key: str, document: str, kind: str) -> Any:
        """The file; back to its page, which says why, where none can be made."""
        found = papers.named(self.register.papers_of(self.obj, request.user), document)
        return papers.paper_file(request, self.obj, found, kind)

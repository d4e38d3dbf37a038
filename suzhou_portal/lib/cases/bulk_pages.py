"""Steps with many rows of a case: check them in the list, see what will happen, do it, see what became of it, take it
back. Only where the table of steps has a step that may be taken so.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from suzhou_portal.lib.cases.bulk import MOST, Batches, keys_of, may_be_undone, refused_words, undo_ends
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.registers.pages import ListPage, RegisterPage
from suzhou_portal.lib.registers.searchable import make_searchable


class CaseListPage(ListPage):
    """The list, with check boxes where its reader may take some step in bulk with a row of the page."""

    def more(self, table: Any) -> dict[str, Any]:
        """The steps that can be taken with rows of this page, in the order of the table of steps."""
        if not self.register.bulk_steps:
            return {}
        possible: set[str] = set()
        checkable: set[int] = set()
        for row in table.rows:
            steps = self.register.workflow.available(row, self.request.user)
            if found := {step.action for step in steps if step.bulk}:
                checkable.add(row.pk)
                possible |= found
        table.checkable = checkable
        return {"bulk_steps": [step for step in self.register.bulk_steps if step.action in possible]}


class BulkPage(RegisterPage):
    """Preview with the inputs; with ``confirmed`` the steps themselves, and on to what became of them."""

    generic, template = "case", "bulk"
    http_method_names = ["get", "post", "options"]

    def back_to(self, request: HttpRequest) -> str:
        """The list as it was."""
        query = QueryDict(request.POST.get("list", "")[:1000]).urlencode()
        return f"{self.register.list_url}?{query}".rstrip("?")

    def rows(self, keys: Any) -> list[Any]:
        """The rows with these keys in the user's scope."""
        return list(self.register.rows(self.request.user).filter(pk__in=list(keys)).order_by("pk"))

    def chosen(self, action: str) -> Transition:
        """The step of this name, if it may be taken in bulk. 404 for any other."""
        found = next((step for step in self.register.bulk_steps if step.action == action), None)
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list: whoever had to sign in again comes here."""
        return HttpResponseRedirect(self.register.list_url)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The preview, or the steps. 422 with what is wrong beside the inputs."""
        register, user = self.register, request.user
        step, versions = self.chosen(request.POST.get("action", "")), keys_of(request.POST.getlist("row"))
        rows = self.rows(versions)
        if not rows or len(versions) > MOST:
            messages.error(request, f"一次最多办理 {MOST} 件。" if rows else f"请先勾选要办理的{register.title}。")
            return HttpResponseRedirect(self.back_to(request))

        def will(row: Any) -> str:
            return str(register.bulk_words(row, step))

        outcomes = register.steps.preview(rows, step.action, by=user, will=will, versions=versions)
        possible = [outcome for outcome in outcomes if not outcome.reason]
        if not possible:
            messages.error(request, f"{len(outcomes)} 件都不能办理“{step.label}”：{refused_words(outcomes)}。")
            return HttpResponseRedirect(self.back_to(request))
        data = request.POST if "confirmed" in request.POST else None
        form = register.workflow.form(possible[0].row, step.action, user, data)
        if form.is_bound and form.is_valid():
            done = register.steps.take(rows, step.action, versions=versions, inputs=request.POST, by=user)
            batches = Batches(request.session, f"bulk:{register.name}")
            batch = batches.remember(done, action=step.action, back=self.back_to(request))
            return HttpResponseRedirect(f"{register.list_url}bulk/{batch}/")
        context = {
            "step": step,
            "form": make_searchable(form),
            "possible": possible,
            "refused": [outcome for outcome in outcomes if outcome.reason],
            "keys": [f"{outcome.row.pk}.{versions[outcome.row.pk]}" for outcome in outcomes],
            "list": request.POST.get("list", "")[:1000],
            "back": self.back_to(request),
        }
        return self.render(context, status=422 if form.is_bound else 200)


class BulkResultPage(BulkPage):
    """What became of a batch, row by row, and the way to take it back."""

    template = "bulk_result"

    def kept(self, batch: str) -> tuple[Batches, dict[str, Any]]:
        """What the session has of the batch. 404 for any other."""
        batches = Batches(self.request.session, f"bulk:{self.register.name}")
        found = batches.get(batch)
        if found is None:
            raise Http404
        return batches, found

    def get(self, request: HttpRequest, batch: str = "") -> HttpResponse:
        """The page."""
        _batches, kept = self.kept(batch)
        step, minutes = self.chosen(kept["action"]), self.register.undo_minutes
        rows = {str(row.pk): row for row in self.rows({*kept["done"], *kept["refused"]})}
        context = {
            "step": step,
            "batch": batch,
            "back": kept["back"],
            "done_count": len(kept["done"]),
            "done": [rows[key] for key in kept["done"] if key in rows],
            "refused": [(rows[key], reason) for key, reason in kept["refused"].items() if key in rows],
            "undo_until": undo_ends(kept, minutes)
            if step.undo and kept["done"] and may_be_undone(kept, minutes)
            else None,
        }
        return self.render(context)


class BulkUndoPage(BulkResultPage):
    """Takes a batch back: the reverse step with each row that nobody has touched since."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, batch: str = "") -> HttpResponse:
        """Do it, and back to the result, which says what was not taken back."""
        register, (batches, kept) = self.register, self.kept(batch)
        step, page = self.chosen(kept["action"]), f"{register.list_url}bulk/{batch}/"
        if not step.undo or not may_be_undone(kept, register.undo_minutes):
            messages.error(request, "已过可整批撤回的时间，或已撤回；请逐件办理。")
            return HttpResponseRedirect(page)
        versions = {int(key): version for key, version in kept["done"].items()}
        inputs = register.undo_inputs(step)
        outcomes = register.steps.take(
            self.rows(versions), step.undo, versions=versions, inputs=inputs, by=request.user
        )
        batches.undone(batch)
        back = sum(not outcome.reason for outcome in outcomes)
        if back:
            messages.success(request, f"已撤回 {back} 件。")
        if back < len(versions):
            gone = len(versions) - len(outcomes)
            told = "；".join(filter(None, [refused_words(outcomes), f"{gone} 件已不在您的管辖范围内" if gone else ""]))
            messages.warning(request, f"{len(versions) - back} 件没有撤回：{told}。")
        return HttpResponseRedirect(page)

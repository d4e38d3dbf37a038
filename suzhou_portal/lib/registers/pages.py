"""The pages of a register: list, columns, detail, form, suggestions. Files in and out: ``lib.registers.exports``."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import select_template
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.views import View

from suzhou_portal.lib.registers.choices import PickField, RecordForm
from suzhou_portal.lib.registers.keeping import kept_choice
from suzhou_portal.lib.registers.listing import RegisterTable, without
from suzhou_portal.lib.rows.counts import capped_counts, capped_text
from suzhou_portal.lib.rows.history import changed_since, history
from suzhou_portal.lib.rows.records import StaleVersion

COUNT_CAP = 1000
LAST_PAGE = 10_000
NEW_VERSION = "这条记录刚被他人修改。"


class RegisterPage(View):
    """Base: checks the right, fetches the row in scope, renders the register's own or the generic template.

    Without the right to view anything: 403. A row outside the scope: 404. ``edits`` pages
    without the right to change it: 403.
    """

    register: Any = None
    template = ""
    generic = "object"
    edits = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """See the class."""
        user = request.user
        if not self.register.may_view(user):
            raise PermissionDenied
        self.obj: Any = None
        if "key" in kwargs:
            self.obj = self.register.find(user, kwargs["key"])
            if self.obj is None:
                raise Http404
        if self.edits and not self._may_edit(user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def _may_edit(self, user: Any) -> bool:
        return self.register.may_change(user, self.obj) if self.obj is not None else self.register.may_edit(user)

    def render(self, context: dict[str, Any], *, template: str = "", status: int = 200) -> HttpResponse:
        """The page; ``<app>/<topic>/<name>_<template>.html`` comes before ``generic/object_<template>.html``."""
        template = template or self.template
        register = self.register
        found = select_template(
            [
                f"{register.folder}/{register.name.replace('-', '_')}_{template}.html",
                f"generic/{self.generic}_{template}.html",
            ]
        )
        back = register.list_url if self.obj is None else register.url_of(self.obj)
        context = {"register": register, "object": self.obj, "back": back, **context}
        return HttpResponse(found.render(context, self.request), status=status)


class ListPage(RegisterPage):
    """The list: filtered, sorted, paged; htmx gets the rows alone from the same address."""

    template = "list"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page or its rows."""
        register, user = self.register, request.user
        filters = filtered(register, request)
        names = chosen_columns(register, user)
        sort = sort_of(register, names, request.GET.get("sort", ""))
        number = self._page_number()
        table = RegisterTable(filters.qs, register=register, names=names, query=request.GET, sort=sort, number=number)
        context = {
            "table": table,
            "filter": filters,
            "active": filters.active(),
            "query": without(request.GET, "page"),
            "count": count_text(filters.qs),
            "may_create": register.may_create(user),
            "may_import": bool(register.views.get("import")) and register.may_edit(user),
            "empty": not table.rows,
            **self.more(table),
        }
        asked: Any = request.htmx  # type: ignore[attr-defined]  # set by the middleware
        htmx = asked and not asked.history_restore_request
        if not htmx:
            context |= {"columns": [(n, register.label_of(n), n in names) for n in register.all_columns]}
            context["fields"] = list(useful_fields(filters, user))
        response = self.render(context, template="rows" if htmx else "list")
        if htmx:  # the address of a filter form names its empty fields, too
            kept = without(request.GET)
            response["HX-Push-Url"] = f"{register.list_url}?{kept}" if kept else register.list_url
        patch_vary_headers(response, ["HX-Request"])
        return response

    def more(self, table: RegisterTable) -> dict[str, Any]:
        """What the template needs besides, now that the rows of the page are known; override to add to it."""
        return {}

    def _page_number(self) -> int:
        text = self.request.GET.get("page", "1")
        return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def filtered(register: Any, request: HttpRequest) -> Any:
    """The register's FilterSet over the rows in scope, bound to the query string."""
    return register.filterset(request.GET, queryset=register.rows(request.user), request=request)


def sort_of(register: Any, names: Any, wanted: str) -> str:
    """``wanted`` ("name", "-name") if it sorts a column, else ""."""
    name = wanted.removeprefix("-")
    return wanted if name in names and register.order_of(name) else ""


def useful_fields(filters: Any, user: Any) -> Any:
    """The filter fields worth showing, with what they offer: a select with a single row to choose says nothing."""
    for bound in filters.form:
        field = bound.field
        if getattr(field, "queryset", None) is None or isinstance(field, PickField):
            yield bound
            continue
        offered = options(filters, bound.name, user)
        if len(offered) > 1 or bound.name in filters.data:
            field.widget.choices = [("", field.empty_label), *offered] if field.empty_label is not None else offered
            yield bound


def options(filters: Any, name: str, user: Any) -> list[tuple[str, str]]:
    """The rows that the filter ``name`` offers: as the register says, or as a filter with rows of its own does."""
    if name in filters.register.filters and name not in filters.register.filterset_class.base_filters:
        return list(filters.register.filter_options(name, user))
    field = filters.form.fields[name]
    return [(str(value), str(label)) for value, label in field.choices if value != ""]


def count_text(rows: Any) -> str:
    """How many rows: "共 37 条", from a thousand on "共 1,000+ 条" (counting on would cost more than it says)."""
    (count,) = capped_counts([rows], COUNT_CAP)
    return count_words(count)


def count_words(count: int) -> str:
    """The same of a number that is known."""
    return f"共 {capped_text(count, COUNT_CAP)} 条"


def chosen_columns(register: Any, user: Any) -> list[str]:
    """The columns that ``user`` chose for this register, in its order; the declared ones at first (one query)."""
    kept = kept_choice(user, f"columns:{register.name}")
    names = [name for name in register.all_columns if isinstance(kept, list) and name in kept]
    return names or list(register.columns)


class ColumnsPage(RegisterPage):
    """Remembers the columns that a user chose."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the named columns (none: back to the declared ones) and return to the list."""
        wanted = set(request.POST.getlist("columns"))
        names = [name for name in self.register.all_columns if name in wanted]
        key = f"columns:{self.register.name}"
        if names and "reset" not in request.POST:
            request.user.preferences.update_or_create(key=key, defaults={"value": names})
        else:
            request.user.preferences.filter(key=key).delete()
        query = QueryDict(request.POST.get("query", "")[:1000]).urlencode()
        return HttpResponseRedirect(f"{self.register.list_url}?{query}" if query else self.register.list_url)


# --- detail ---------------------------------------------------------------------------------------


class DetailPage(RegisterPage):
    """The values of a row, what belongs to it, and its history."""

    template = "detail"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """The page."""
        return self.render(self.context())

    def context(self) -> dict[str, Any]:
        """The template's context; override to add to it."""
        register, user, obj = self.register, self.request.user, self.obj
        return {
            "facts": [(register.label_of(name), register.value_of(obj, name)) for name in register.shown_details],
            "related": self.related(),
            "history": SimpleLazyObject(lambda: history(obj, user)),  # pages of cases tell their story instead
            "may_edit": register.may_change(user, obj),
            "links": register.links(obj, user),
        }

    def related(self) -> list[tuple[str, str, str]]:
        """(title, count, address) of the rows of other registers that belong to this one."""
        found, user = [], self.request.user
        for link in self.register.related:
            other = self.register.site[link.register]
            if other.may_view(user):
                query = QueryDict(mutable=True)
                query[link.filter] = str(getattr(self.obj, self.register.key))
                rows = other.filterset.asked(query, queryset=other.rows(user), request=self.request).qs
                found.append((other.title, f"{other.list_url}?{query.urlencode()}", rows))
        counts = capped_counts([rows for _title, _url, rows in found], COUNT_CAP)
        return [(title, count_words(count), url) for (title, url, _rows), count in zip(found, counts, strict=True)]


# --- form ------------------------------------------------------------------------------------------


class CreatePage(RegisterPage):
    """Adds a row. The query string may name first values: ``new/?community=620902001002``."""

    template = "form"
    edits = True

    def _may_edit(self, user: Any) -> bool:
        return bool(self.register.may_create(user))

    def get(self, request: HttpRequest) -> HttpResponse:
        """The empty form."""
        given = {
            name: value for name, value in request.GET.items() if name in self.register.fields and "\x00" not in value
        }
        return self.render({"form": self.register.form(request.user, initial=given)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save, or show the form again with what was typed."""
        form = self.register.form(request.user, request.POST)
        if form.is_valid():
            try:
                row = self.register.create(self.register.values(form), by=request.user)
            except ValidationError as error:
                form.add_errors(error)
            else:
                messages.success(request, f"已{self.register.add_label}“{row}”。")
                return HttpResponseRedirect(self.register.url_of(row))
        return self.render({"form": form}, status=422)


class EditPage(RegisterPage):
    """Changes a row. Whoever comes second sees both edits and chooses, field by field."""

    template = "form"
    edits = True

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """The form."""
        return self.render({"form": self.register.form(request.user, obj=self.obj), "label": str(self.obj)})

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Save, show the form again, or (409) the conflict."""
        label = str(self.obj)
        form = self.register.form(request.user, self._data(), self.obj)
        if form.is_valid():
            try:
                row = self.register.update(
                    self.obj, self.register.values(form), by=request.user, version=form.cleaned_data["version"]
                )
            except StaleVersion as error:
                return self._conflict(form, error.current)
            except ValidationError as error:
                form.add_errors(error)
            else:
                messages.success(request, f"已保存{self.register.title}“{row}”。")
                return HttpResponseRedirect(self.register.url_of(row))
        if "version" in form.errors:
            form.add_error(None, "页面已过期，请刷新后重新填写。")
        return self.render({"form": form, "label": label}, status=422)

    def _data(self) -> QueryDict:
        """What was posted; on the way back from the conflict page, with the others' value where it was chosen."""
        data: QueryDict = self.request.POST
        taken = [
            name.removeprefix("take_") for name, value in data.items() if name.startswith("take_") and value == "theirs"
        ]
        if taken:
            data = data.copy()
            stored = self.register.form(
                self.request.user, obj=self.register.find(self.request.user, self.kwargs["key"])
            )
            for name in set(taken) & set(stored.fields):
                put(data, stored, name)
        return data

    def _conflict(self, form: RecordForm, current: Any) -> HttpResponse:
        """The page that shows both edits, per field; answers 409."""
        stored = self.register.form(self.request.user, obj=self.register.rows(self.request.user).get(pk=current.pk))
        theirs, entries = changed_since(current, form.cleaned_data["version"])
        lines = []
        for name in self.register.values(form):
            mine, now = typed(form[name]), typed(stored[name])
            if mine != now:
                touched = name not in theirs or mine != typed_value(form, name, theirs[name])
                lines.append(
                    {
                        "name": name,
                        "label": form[name].label,
                        "mine": mine or "（空）",
                        "theirs": now or "（空）",
                        "keep_mine": touched and (name not in theirs),
                        "both": touched and name in theirs,
                    }
                )
        context = {
            "form": form,
            "lines": lines,
            "version": current.version,
            "label": str(current),
            "entries": entries,
            "hidden": [form[name].as_hidden() for name in form.fields if name != "version"],
        }
        return self.render(context, template="conflict", status=409)


def put(data: QueryDict, form: RecordForm, name: str) -> None:
    """Set ``name`` in ``data`` to the stored value of an unbound form, as its widget would post it."""
    value = form[name].field.prepare_value(form[name].value())
    if isinstance(value, (list, tuple)):
        data.setlist(name, [str(item) for item in value])
    elif isinstance(value, bool):
        data.setlist(name, ["on"] if value else [])
    else:
        data[name] = "" if value is None else str(value)


def typed(bound: Any) -> str:
    """The value of a bound field in words."""
    return in_words(bound.field, bound.field.prepare_value(bound.value()))


def typed_value(form: RecordForm, name: str, stored: Any) -> str:
    """A stored value (as the audit trail holds it) in the words of the form's field."""
    field = form.fields[name]
    rows = getattr(field, "queryset", None)
    if rows is not None and stored is not None:
        wanted = stored if isinstance(stored, list) else [stored]
        found = [field.prepare_value(row) for row in rows.filter(pk__in=wanted)]
        return in_words(field, found if isinstance(stored, list) else next(iter(found), ""))
    return in_words(field, stored)


def in_words(field: Any, value: Any) -> str:
    """A form value in words: labels of choices, 是 and 否."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (list, tuple)):
        return "、".join(sorted(in_words(field, item) for item in value))
    if value is None:
        return ""
    if hasattr(field, "choices") and not isinstance(field, PickField):
        return next((str(label) for key, label in field.choices if str(key) == str(value)), str(value))
    return str(value)


class ChoicesPage(RegisterPage):
    """Suggestions for a typed choice: at most twenty ``<option>`` elements."""

    template = "options"

    def get(self, request: HttpRequest, field: str) -> HttpResponse:
        """The options whose name, pinyin or code resembles what is typed."""
        register, user = self.register, request.user
        in_form = request.GET.get("in") == "form"
        if field not in (register.fields if in_form else register.filters):
            raise Http404
        model = register.field_of(field)
        target = register.site.of(model.related_model) if model.is_relation else None
        if target is None or (in_form and not register.may_edit(user)):
            raise Http404
        rows = register.form_choices(field, user) if in_form else register.filter_choices(field, user)
        found = target.filterset({"q": request.GET.get(field, "").strip()[:60]}, queryset=rows, request=request).qs
        options = [(f"{getattr(row, target.key)} {row}", target.describe(row)) for row in found[:20]]
        return self.render({"options": options})

"""Registers: one declaration → list, detail with history, form, Excel in and out, REST endpoint.

An app declares its registers in ``<app>/<topic>/register.py``, which is found by itself::

    from suzhou_portal.lib.registers import Register, Related, site

    @site.register
    class VenueRegister(Register):
        model = Venue                       # needs a scope_rule and a ScopedQuerySet (lib.rows.scope)
        name = "venues"                     # pages /communities/venues/, REST /api/v1/venues/
        view_verb, edit_verb = Verb.VENUES_VIEW, Verb.VENUES_EDIT       # edit_verb None: read-only
        key = "code"                        # names a row in addresses, files and the API; "pk" without a code
        columns = ("code", "name", "community", "seats")                # shown at first, in this order, six at most
        more_columns = ("address", "telephone")                         # the user may add them
        filters = ("community", "kind")     # fields; the same for page, export and API; see also ``conditions``
        open_filters = ("kind",)            # of these the first three of use stand open, the rest behind 更多条件
        search = ("name", "pinyin", "code")
        found_by = ("name", "pinyin", "code")                           # by which the palette 去哪儿 finds a row
        fields = ("code", "name", "kind", "community", "seats")         # of the form, in order
        together = (("kind", "seats"),)     # side by side in the form; else short fields stand in pairs
        create_only = ("code",)             # not changed any more once the row exists
        series = Series("SB")               # numbers SB-2026-000001 (rules.numbers), for rows that nobody names
        import_key = "code"                 # a row of an Excel file with a known key updates that row
        related = (Related("bookings", "venue"),)                       # counted on the detail page

Fields, labels, choices and checks come from the model: constraints first, ``clean()``
second. Scope comes from ``visible_to`` and ``editable_by``: nothing here has to ask for it.

To go further, override a method (``queryset`` to annotate; for related rows ``joined`` suffices; ``computed`` for
columns that are no fields, ``create``/``update`` to call a service, ``links`` for more buttons) or name an
ordinary class: ``form_class`` (a ``RecordForm``), ``filterset_class`` (a
``RegisterFilterSet``), ``viewset_class`` (a ``RegisterViewSet``), or in ``views`` any page:
``views = {**Register.views, "detail": VenueDetail}``. Templates: ``templates/generic/``, or
``<app>/<topic>/<name>_list.html`` (``_detail``, ``_form``), which extend the generic ones.

An app further right adds to the page of a row with a panel (``lib.registers.panels``).

Pages are named ``registers:<name>-list`` (``-create``, ``-detail``, ``-edit``, ``-export``, ``-import``,
``-template``, …); ``site.of(model).url_of(row)`` is the address of a row.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import URLPattern, path

from suzhou_portal.lib.registers import exports, pages
from suzhou_portal.lib.registers.asking import is_editable, row_called
from suzhou_portal.lib.registers.choices import RecordForm
from suzhou_portal.lib.registers.fetching import Fetching
from suzhou_portal.lib.registers.filters import Condition, RegisterFilterSet, filterset_for
from suzhou_portal.lib.registers.rest import viewset_for
from suzhou_portal.lib.registers.tables import Computed, Reader, field_of, reader_of, text_of
from suzhou_portal.lib.registers.uploads import takes_files
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.rows.clashes import CONFLICT, broken

OUT_OF_SCOPE = "保存后不在您的管辖范围内，请检查所选的地点或单位。"
# Pages that only a register with a form has.
WRITING = frozenset({"create", "template", "import", "import-errors", "edit"})


@dataclass(frozen=True)
class Related:
    """Rows of another register that belong to a row: its name and the filter over there that takes this row."""

    register: str
    filter: str


@dataclass(frozen=True)
class Link:
    """A further button of a detail page."""

    label: str
    url: str
    icon: str = "chevron-right"


class Register(Fetching):
    """What staff see of a model and may do with it; see the module's docstring."""

    model: type[models.Model]
    name: str
    view_verb: str
    edit_verb: str | None = None
    key = "pk"
    title_column = "name"  # the column that links to the row
    columns: tuple[str, ...] = ()
    more_columns: tuple[str, ...] = ()
    computed: dict[str, Computed] = {}
    in_rest: tuple[str, ...] = ()  # columns that REST answers besides: a key that the list calls otherwise by now
    # What names and computed columns need besides: other rows by path ("grid__parent"), long texts of its own.
    joined: tuple[str, ...] = ()
    details: tuple[str, ...] = ()  # empty: columns, more columns and form fields
    filters: tuple[str, ...] = ()
    open_filters: tuple[str, ...] = ()  # of these the first three of use to the reader stand open; (): of all
    period = ""  # a day or moment: the filters ``from`` and ``to`` bound it
    conditions: dict[str, Condition] = {}  # filters that say yes or no to a condition, by name; {"late": Condition(…)}
    search: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()  # columns by which the palette 去哪儿 finds rows; (): it does not
    fields: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()  # fields that belong together stand side by side
    create_only: tuple[str, ...] = ()
    optional: dict[str, str] = {}  # required by the model, but filled by ``create`` when left empty: name → hint
    import_key = ""
    series: Any = None  # rules.numbers.Series; None: rows have no number, or come with one
    related: tuple[Related, ...] = ()
    adding = ""  # what adding a row is called where it is more than filing it: "登记纠纷"; else 新建 and the title
    steps_on = False  # from the page of a row one steps on to the next one of the list that one came from
    long = False  # too many rows for a <select>: typed with suggestions
    pickable = Q()  # which rows may still be chosen in forms
    page_size = 50
    in_api = True
    form_class: type[RecordForm] = RecordForm
    filterset_class: type[RegisterFilterSet] = RegisterFilterSet
    viewset_class: Any = None  # default: lib.registers.rest.RegisterViewSet
    views: dict[str, Any] = {
        "list": pages.ListPage,
        "columns": pages.ColumnsPage,
        "create": pages.CreatePage,
        "choices": pages.ChoicesPage,
        "export": exports.ExportPage,
        "template": exports.TemplatePage,
        "import": exports.ImportPage,
        "import-errors": exports.ImportErrorsPage,
        "detail": pages.DetailPage,
        "edit": pages.EditPage,
    }

    routes: dict[str, str] = {
        "list": "",
        "columns": "columns/",
        "choices": "choices/<str:field>/",
        "export": "export/",
        "create": "new/",
        "template": "template/",
        "import": "import/",
        "import-errors": "import/errors/",
        "detail": "<str:key>/",
        "edit": "<str:key>/edit/",
    }

    def __init__(self, site: Any) -> None:
        self.site = site
        self.app = self.model._meta.app_label
        self.title = str(self.model._meta.verbose_name)
        self.list_url = f"/{self.app}/{self.name}/"
        self._readers: dict[str, Reader] = {}

    @property
    def topic(self) -> str:
        """The topic that declares it: the folder of its app; "" in an app without topics."""
        inside = type(self).__module__.split(f"{self.app}.", 1)[-1].split(".")
        return inside[0] if len(inside) > 1 else ""

    @property
    def folder(self) -> str:
        """Where templates of its own lie: ``<app>/<topic>``."""
        return f"{self.app}/{self.topic}" if self.topic else self.app

    @property
    def add_label(self) -> str:
        """What the button says that opens the form of a new row."""
        return self.adding or f"新建{self.title}"

    # --- rows ---------------------------------------------------------------------------

    def editable(self, user: Any) -> Any:
        """The rows that ``user`` may change."""
        return (
            self.queryset().editable_by(user, self.edit_verb) if self.edit_verb else self.model._default_manager.none()
        )

    def may_view(self, user: Any) -> bool:
        """True when ``user`` holds the right to see somewhere."""
        return bool(user.can(self.view_verb))

    def may_edit(self, user: Any) -> bool:
        """True when ``user`` holds the right to change somewhere."""
        return bool(self.edit_verb and self.fields and user.can(self.edit_verb))

    def may_create(self, user: Any) -> bool:
        """True when ``user`` may add rows."""
        return self.may_edit(user)

    def begins(self, user: Any) -> list[Link]:
        """What ``user`` may begin here: told on the hub, in the palette, and where the list is empty."""
        may = self.views.get("create") and self.may_create(user)
        return [Link(self.add_label, f"{self.list_url}new/", "plus")] if may else []

    def may_change(self, user: Any, obj: models.Model) -> bool:
        """True when ``user`` may change ``obj`` (one query)."""
        return self.may_edit(user) and is_editable(self, user, obj)

    def find(self, user: Any, key: str) -> Any:
        """The row with this key in the user's scope, or None."""
        if "\x00" in key or (self.key == "pk" and not (key.isascii() and key.isdecimal() and len(key) < 19)):
            return None
        return row_called(self, user, key)

    # --- saving: pages, imports and the API all end here ----------------------------------

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Add a row; returns it. Raises ``ValidationError``, also when it would lie outside the scope of ``by``."""
        given, links = self.parted(values)
        row = self.begin(given, by=by)
        return self.kept(lambda: self.store(row, links, by=by, reason=reason), by)

    def parted(self, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """``values`` by field name: those of the columns, and the many-to-many rows."""
        many = {name for name in values if self.model._meta.get_field(name).many_to_many}
        links = {name: values[name] for name in many}
        return {name: value for name, value in values.items() if name not in many}, links

    def begin(self, values: dict[str, Any], *, by: Any) -> Any:
        """The unsaved row that ``values`` make; override to fill in what nobody types. Raises ``ValidationError``."""
        return self.model(**values)

    def store(self, row: Any, links: dict[str, Any], *, by: Any, reason: str = "", action: str = "create") -> Any:
        """Insert the unsaved ``row``, numbered where rows have numbers; ``action`` is what the trail calls it."""
        if self.series is not None:
            row.clean()  # before it takes a number, which others wait for
            row.number = self.series.next()
        return records.create(row, by=by, links=links, reason=reason, action=action)

    def update(self, obj: Any, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = "") -> Any:
        """Change a row; returns it as stored. Raises ``ValidationError`` or ``StaleVersion``."""
        values = self._keeping(obj, values, by)
        return self.kept(lambda: records.update(obj, values, by=by, version=version, reason=reason), by)

    def _keeping(self, obj: Any, values: dict[str, Any], by: Any) -> dict[str, Any]:
        """``values``; confidential rows that ``obj`` names and ``by`` must not know stay: their form had none."""
        pointing = [field for field in self._pointing() if field.name in values]
        stored = type(obj)._base_manager.get(pk=obj.pk) if pointing else obj
        kept = dict(values)
        for field in pointing:
            # unscoped: narrowed at once
            known = field.related_model._default_manager.visible_to(by)
            if field.many_to_many:
                hidden = getattr(stored, field.name).exclude(pk__in=known.values("pk"))
                kept[field.name] = [*values[field.name], *hidden]
            elif values[field.name] is None and not known.filter(pk=getattr(stored, field.attname)).exists():
                del kept[field.name]
        return kept

    def kept(self, save: Any, by: Any) -> Any:
        """The row that ``save()`` stores, if it lies in the scope of ``by``; a clash is a ``ValidationError``."""
        try:
            with transaction.atomic():
                row = save()
                if not self.editable(by).filter(pk=row.pk).exists():
                    raise ValidationError(OUT_OF_SCOPE, code="out_of_scope")
                return row
        except IntegrityError as error:
            raise ValidationError(broken(error, self.model) or CONFLICT, code="conflict") from error

    # --- names and values -----------------------------------------------------------------

    def label_of(self, name: str) -> str:
        """The Chinese name of a column."""
        return (
            self.computed[name].label if name in self.computed else str(self.model._meta.get_field(name).verbose_name)
        )

    def value_of(self, obj: Any, name: str) -> str:
        """The text of a column."""
        return self.reader(name)(obj)

    def reader(self, name: str) -> Reader:
        """What reads the text of a column from a row; kept, for it is called for every cell."""
        if name not in self._readers:
            value = self.computed[name].value if name in self.computed else None
            self._readers[name] = (lambda obj: text_of(value(obj))) if value else reader_of(self.model, name)
        return self._readers[name]

    def is_number(self, name: str) -> bool:
        """True for columns of figures."""
        if name in self.computed:
            return self.computed[name].number
        field = self.model._meta.get_field(name)
        return isinstance(field, (models.IntegerField, models.DecimalField)) and not field.choices

    def order_of(self, name: str) -> tuple[str, ...]:
        """What the database sorts a column by: places by their code, names by pinyin; () for not sortable."""
        if name in self.computed:
            return (self.computed[name].order,) if self.computed[name].order else ()
        field = self.model._meta.get_field(name)
        if field.many_to_many or isinstance(field, models.TextField):
            return ()
        if field.is_relation:
            model: Any = field.related_model
            key = self.key_of(model)
            return (f"{name}__{key}",)
        return ("pinyin",) if name == "name" and field_of(self.model, "pinyin") else (name,)

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Every column that a list can show."""
        return tuple(dict.fromkeys((*self.columns, *self.more_columns)))

    @property
    def held_columns(self) -> tuple[str, ...]:
        """Those that hold something of their own: what files and programs get."""
        return tuple(n for n in self.all_columns if not (n in self.computed and self.computed[n].words))

    @cached_property
    def shown_details(self) -> tuple[str, ...]:
        """What the detail page shows; nothing twice (``Computed.tells``)."""
        names = self.details or tuple(dict.fromkeys((*self.columns, *self.more_columns, *self.fields)))
        told = {one for name in names if name in self.computed for one in self.computed[name].tells}
        return tuple(name for name in names if name not in told)

    def url_of(self, obj: Any) -> str:
        """The page of a row."""
        return f"{self.list_url}{getattr(obj, self.key)}/"

    def called(self, obj: Any) -> str:
        """The heading of the page of a row."""
        return str(obj)

    def describe(self, obj: Any) -> str:
        """A row in suggestions: its name, with what tells it from others of that name."""
        return str(obj)

    def links(self, obj: Any, user: Any) -> list[Link]:
        """Further buttons on the page of ``obj`` for ``user``."""
        return []

    # --- forms and filters ------------------------------------------------------------------

    def form(self, user: Any, data: Any = None, obj: Any = None, **kwargs: Any) -> RecordForm:
        """The form of a new row, or of ``obj``, for ``user``; bound to ``data`` when given."""
        names = [name for name in self.fields if obj is None or name not in self.create_only]
        made: Any = forms.modelform_factory(self.model, form=self.form_class, fields=names)
        form: RecordForm = made(data, instance=obj, register=self, user=user, **kwargs)
        for name, hint in self.optional.items():
            if name in form.fields:
                form.fields[name].required, form.fields[name].help_text = False, hint
        return form

    def values(self, form: RecordForm) -> dict[str, Any]:
        """What a valid form saves, by field name."""
        return {name: form.cleaned_data[name] for name in self.fields if name in form.cleaned_data}

    @cached_property
    def filterset(self) -> type[RegisterFilterSet]:
        """The FilterSet class of page, export and API."""
        return filterset_for(self)

    def viewset(self) -> Any:
        """The viewset class of its REST endpoint."""
        return viewset_for(self)

    def view(self, action: str) -> Any:
        """The view of its page ``action``, for an address besides its own."""
        made = self.views[action].as_view(register=self)
        return takes_files(made) if getattr(self.views[action], "takes_files", False) else made

    # --- addresses -----------------------------------------------------------------------------

    def urls(self) -> list[URLPattern]:
        """The pages of this register, as far as it has them."""
        writing = bool(self.edit_verb and self.fields)
        return [
            path(
                f"{self.app}/{self.name}/{route}",
                self.view(action),
                name=f"{self.name}-{action}",
            )
            for action, route in self.routes.items()
            if self.views.get(action) and (writing or action not in WRITING)
        ]

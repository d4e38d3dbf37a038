"""Registers of the roster: the terms of office, and the imports of rosters."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.changes.services import change_leader, end_term
from grids.places.filters import BelowFilter, CurrentFilter
from grids.places.models import GridPost
from grids.rosters.forms import GridPostForm, is_replacement
from grids.rosters.models import RosterImport
from grids.rosters.views import RosterImportPage, RosterSheetPage
from grids.rosters.workflow import IMPORTED
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Case
from suzhou_portal.lib.registers import Link, Register, site
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.rows.records import StaleVersion


class GridPostFilter(BelowFilter, CurrentFilter):
    """By place and by whether the term is in force."""


def term_of(post: GridPost) -> str:
    """Since when, and until when where it has ended."""
    return f"{post.starts} 至 {post.ends}" if post.ends else f"{post.starts} 起"


@site.register
class GridPostRegister(Register):
    """网格长任职. A new leader ends the old term: 更换网格长 is a dated change of the grid."""

    model = GridPost
    name = "grid-posts"
    view_verb, edit_verb = Verb.ROSTERS_VIEW, Verb.GRIDS_EDIT
    columns = ("name", "kind", "where", "community", "telephone", "term")
    more_columns = ("street", "starts", "ends")
    details = columns
    computed = {
        "where": Computed("网格", lambda post: post.grid.full_name, order="grid__code"),
        "term": Computed("任期", term_of, order="starts", words=True),
    }
    filters = ("street", "community", "grid", "kind", "current")
    open_filters = ("kind", "current", "community", "grid")
    filterset_class = GridPostFilter
    found_by = ("name",)
    search = ("name", "grid__name", "grid__pinyin", "grid__code")
    fields = ("grid", "kind", "name", "telephone", "starts", "ends")
    together = (("starts", "ends"),)
    create_only = ("grid", "kind")
    form_class = GridPostForm
    views = {**Register.views, "import": RosterImportPage, "template": RosterSheetPage}
    joined = ("grid__parent",)  # which tells one 1号楼 from another

    def values(self, form: Any) -> dict[str, Any]:
        """With what a changed name means."""
        more = {"name_change": form.cleaned_data["name_change"]} if "name_change" in form.fields else {}
        return {**super().values(form), **more}

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """A term that runs ends the one before it, on record as 更换网格长; one of the past is entered as it is."""
        starts = values.get("starts") or timezone.localdate()
        if values.get("ends") is not None or starts > timezone.localdate():
            return super().create(values, by=by, reason=reason)
        told = {name: values[name] for name in ("name", "telephone", "kind") if name in values}
        return self.kept(
            lambda: _dated(change_leader, values["grid"], effective=starts, reason=reason, by=by, **told), by
        )

    def update(self, obj: Any, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = "") -> Any:
        """Correct a term; end it, or have another person follow, as a dated change."""
        obj = self.queryset().get(pk=obj.pk)  # as stored: the form has written into the row it was given
        replaces = is_replacement(obj, values)
        values = {name: value for name, value in values.items() if name != "name_change"}
        ends = values.get("ends")
        leaves = obj.ends is None and ends is not None and ends <= timezone.localdate()
        if not (replaces or leaves):
            return super().update(obj, values, by=by, version=version, reason=reason)
        return self.kept(lambda: self._follow(obj, values, replaces, version, reason, by), by)

    def _follow(
        self, obj: Any, values: dict[str, Any], replaces: bool, version: int | None, reason: str, by: Any
    ) -> Any:
        row = GridPost.objects.select_for_update(of=("self",)).get(pk=obj.pk)  # unscoped: of a row in scope
        if version is not None and row.version != version:
            raise StaleVersion(row)
        if replaces:
            moved = values.get("starts") not in (None, row.starts)
            told = {"name": values["name"], "telephone": values.get("telephone", ""), "kind": row.kind}
            effective = values["starts"] if moved else None
            return _dated(change_leader, row.grid, effective=effective, reason=reason, by=by, **told)
        ended = _dated(end_term, row, effective=values["ends"], reason=reason, by=by)
        return records.update(ended, values, by=by, reason=reason)

    def describe(self, obj: GridPost) -> str:
        """With the grid and since when, which tells namesakes apart."""
        ended = f"至 {obj.ends}" if obj.ends else ""
        return f"{obj.name}（{obj.grid.full_name}{obj.get_kind_display()}{ended}）"

    def links(self, obj: GridPost, user: Any) -> list[Link]:
        """The grid; for a leader in office the form that replaces them."""
        found = [Link("查看网格", self.site["grids"].url_of(obj.grid))]
        if obj.ends is None and obj.kind == GridPost.Kind.LEADER and self.may_change(user, obj):
            found.append(Link("更换网格长", f"/grids/grids/{obj.grid.code}/leader/", "refresh"))
        return found


def _dated(change: Any, *args: Any, **kwargs: Any) -> Any:
    """Carry out a dated change; what is wrong with its day is told beside 任职起."""
    try:
        return change(*args, **kwargs)
    except ValidationError as error:
        if hasattr(error, "error_dict") and "effective" in error.error_dict:
            raise ValidationError({"starts": error.message_dict["effective"]}) from error
        raise


def effect_of(row: RosterImport) -> str:
    """What came of an import: "新任 3，离任 2，错误未导入 1"; what did not happen is not told."""
    names = ("joined", "left", "changed", "unchanged", "failed")
    told = [(RosterImport._meta.get_field(name).verbose_name, getattr(row, name)) for name in names]
    return "，".join(f"{label} {count}" for label, count in told if count) or "没有变化"


@site.register
class RosterImportCase(Case):
    """名册导入记录: who imported which roster, with what effect; from here it is taken back."""

    model = RosterImport
    name = "roster-imports"
    view_verb = Verb.GRIDS_EDIT
    title_column = "file_name"
    columns = ("at", "file_name", "whose", "by", "effect", "state")
    more_columns = (
        *("joined", "left", "changed", "failed", "effective", "unchanged", "ends_absent", "street", "community"),
        *("undone_by", "undone_at"),
    )
    details = ("at", "whose", "by", "effective", "effect", "ends_absent", "undone_by", "undone_at")
    computed = {
        "whose": Computed("名册", lambda row: row.place_name),
        "effect": Computed("结果", effect_of, words=True),
        "state": Computed("状态", lambda row: row.get_status_display(), order="undone_at"),
    }
    filters = ("street", "community")
    search = ("file_name",)
    workflow = IMPORTED

    def begins(self, user: Any) -> list[Link]:
        """See the base: an import makes a row."""
        return [Link("从 Excel 更新名册", "/grids/grid-posts/import/", "upload")]

    def now_words(self, row: RosterImport) -> str:
        """What has become of the roster."""
        return "名册恢复到导入之前。" if row.undone_at else super().now_words(row)

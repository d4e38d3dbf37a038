"""评约标准 and their items: the district's own. What the platform brings along is a default, to be changed."""

from typing import Any

from covenants.models import Rubric, RubricItem
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, Related, site
from suzhou_portal.lib.registers.tables import Computed


@site.register
class RubricRegister(Register):
    """评约标准. A new one begins switched off, gets its items, and is switched on when they add up."""

    model = Rubric
    name = "rubrics"
    view_verb, edit_verb = Verb.COVENANTS_VIEW, Verb.RUBRICS_EDIT
    columns = ("name", "side", "starts", "is_active", "points")
    computed = {"points": Computed("评分项合计", lambda row: sum(item.points for item in row.items.all()), number=True)}
    details = ("name", "side", "starts", "is_active", "points", "items")
    computed["items"] = Computed("评分项", lambda row: [f"{item}（{item.points} 分）" for item in row.items.all()])
    filters = ("side", "is_active")
    search = ("name",)
    fields = ("side", "name", "starts", "is_active")
    create_only = ("side",)
    related = (Related("rubric-items", "rubric"),)
    long = False

    def queryset(self) -> Any:
        """With the items."""
        return super().queryset().prefetch_related("items")

    def form(self, user: Any, data: Any = None, obj: Any = None, **kwargs: Any) -> Any:
        """A new one is switched on later."""
        form = super().form(user, data, obj, **kwargs)
        if obj is None:
            del form.fields["is_active"]
        return form

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """See the base; switched off."""
        return super().create({**values, "is_active": False}, by=by, reason=reason)


@site.register
class RubricItemRegister(Register):
    """评分项, of standards that are switched off and were never used."""

    model = RubricItem
    name = "rubric-items"
    view_verb, edit_verb = Verb.COVENANTS_VIEW, Verb.RUBRICS_EDIT
    title_column = "title"
    columns = ("rubric", "index", "title", "points", "meaning")
    filters = ("rubric",)
    search = ("title", "meaning")
    fields = ("rubric", "index", "title", "points", "meaning")
    create_only = ("rubric",)
    page_size = 100

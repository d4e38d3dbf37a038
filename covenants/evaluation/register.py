"""评约结果; 评约标准 and their items: the district's own. What the platform brings is a default, to be changed."""

from typing import Any

from covenants.evaluation.models import Evaluation, Rubric, RubricItem
from covenants.evaluation.sealing import readable_rows
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Link, Register, Related, site
from suzhou_portal.lib.registers.tables import Computed


@site.register
class EvaluationRegister(Register):
    """评约结果: what is open, and one's own side's. What is sealed does not exist here for anybody else."""

    model = Evaluation
    name = "evaluations"
    view_verb = Verb.COVENANTS_VIEW
    title_column = "covenant"
    columns = ("covenant", "side", "total", "unit_name", "community", "submitted_at")
    more_columns = ("comment", "street", "rubric", "is_sealed")
    details = ("covenant", "total", "comment", "submitted_at", "rubric", "is_sealed")
    computed = {
        "unit_name": Computed(
            "共建单位", lambda row: row.covenant.organisation, order="covenant__organisation__code", by="organisation"
        ),
        "community": Computed("社区", lambda row: row.covenant.community, order="covenant__community__code"),
        "street": Computed("街道", lambda row: row.covenant.street, order="covenant__street__code"),
    }
    filters = ("side", "covenant", "organisation", "street", "community")
    paths = {
        "organisation": "covenant__organisation",
        "street": "covenant__street",
        "community": "covenant__community",
    }
    search = ("covenant__number", "covenant__title", "covenant__organisation__name", "comment")

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        self.title = "评约结果"

    def queryset(self) -> Any:
        """With the covenant and its parties."""
        parties = ("covenant__organisation", "covenant__community", "covenant__street")
        return super().queryset().select_related("rubric", *parties)

    def rows(self, user: Any) -> Any:
        """What may be read of what is in scope."""
        return self.queryset().filter(pk__in=readable_rows(user, self.view_verb).values("pk"))

    def called(self, obj: Evaluation) -> str:
        """Who judged which covenant."""
        return f"{obj.get_side_display()}评 {obj.covenant}"

    def links(self, obj: Evaluation, user: Any) -> list[Link]:
        """The way to the covenant."""
        return [Link("查看协议", obj.covenant.get_absolute_url())]


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

"""What of a list stands before a reader at first: the filters and columns that tell this reader something.

A filter with a single row to choose says nothing and is not shown; nor is the column of a place that stands in every
row. Of the filters the first few stand open, the others behind 更多条件 (``Register.open_filters``).
"""

from dataclasses import dataclass, field
from typing import Any

from django.forms import BoundField

from suzhou_portal.lib.registers.choices import PickField
from suzhou_portal.lib.registers.keeping import kept_choice
from suzhou_portal.lib.rows.scope import PlaceRule

OPEN = 3  # beside the search
DAYS = ("from", "to")  # a pair, which stands open where a register says so
PLACES = ("street", "community")


@dataclass
class Standing:
    """Bound filters: those that stand ``open``, the search first, those behind ``more``, and ``silent`` ones, with
    which only figures come.
    """

    open: list[BoundField] = field(default_factory=list)
    more: list[BoundField] = field(default_factory=list)
    silent: list[BoundField] = field(default_factory=list)

    def in_use(self, active: list[dict[str, str]]) -> int:
        """How many of the ``active`` filters (``RegisterFilterSet.active``) stand behind 更多条件."""
        behind = {bound.name for bound in self.more}
        return sum(word["name"] in behind for word in active)

    @property
    def wrong(self) -> bool:
        """Something behind 更多条件 is in error."""
        return any(bound.errors for bound in self.more)


def standing(filters: Any, user: Any) -> Standing:
    """The filters that are of use to ``user``, in the order of the register; what waits for the reader comes first."""
    register, found = filters.register, Standing()
    found.silent = filters.form.hidden_fields()
    useful = {bound.name: bound for bound in filters.form.visible_fields() if _says_something(filters, bound, user)}
    if search := useful.pop("q", None):
        found.open.append(search)
    preferred = register.open_filters or ("waiting", *(name for name in useful if name not in DAYS))
    names = [name for name in preferred if name in useful][:OPEN]
    found.open += [useful.pop(name) for name in dict.fromkeys(names)]
    found.more = sorted(useful.values(), key=lambda bound: bound.name in DAYS)
    return found


def _says_something(filters: Any, bound: BoundField, user: Any) -> bool:
    """True when there is something to choose, or something was chosen; fills in what a select offers."""
    register, name, asked = filters.register, bound.name, bound.name in filters.data
    box: Any = bound.field
    if name == "q":
        return bool(register.search)
    if (offered := register.offered(name, user)) is not None:
        box.choices = [("", box.empty_label), *offered]
        return bool(offered) or asked
    if getattr(box, "queryset", None) is None:
        return True
    if isinstance(box, PickField):
        return asked or (register.offers_several(name, user) and not _is_the_same_everywhere(register, name, user))
    offered = options(filters, name, user)
    if len(offered) > 1 or asked:
        box.widget.choices = [("", box.empty_label), *offered] if box.empty_label is not None else offered
        return True
    return False


def options(filters: Any, name: str, user: Any) -> list[tuple[str, str]]:
    """The rows that the filter ``name`` offers: as the register says, or as a filter with rows of its own does."""
    if name in filters.register.filters and name not in filters.register.filterset_class.base_filters:
        return list(filters.register.filter_options(name, user))
    found: Any = filters.form.fields[name]
    return [(str(value), str(label)) for value, label in found.choices if value != ""]


def columns_for(register: Any, user: Any) -> list[str]:
    """The columns that ``user`` chose for this register, in its order; at first the declared ones that tell this
    reader something (one query).
    """
    kept = kept_choice(user, f"columns:{register.name}")
    names = [name for name in register.all_columns if isinstance(kept, list) and name in kept]
    computed = register.computed
    about = {name: (computed[name].by or name) if name in computed else name for name in register.columns}
    return names or [name for name, by in about.items() if not _is_the_same_everywhere(register, by, user)]


def _is_the_same_everywhere(register: Any, name: str, user: Any) -> bool:
    """All rows of the reader name the same one in ``name``: the street or community in which they lie, or the own unit
    of somebody who sees rows through it alone.
    """
    rule: Any = register.model.scope_rule
    if name not in register.filters or not isinstance(rule, PlaceRule):
        return False
    own_unit = f"{register.paths.get(name, name)}_id" in rule.organisations
    if not (name in PLACES or own_unit) or rule != rule.own():  # a directory reaches further
        return False
    scope = user.scope_for(register.view_verb)
    if scope.district or scope.areas:
        return False
    if own_unit:
        return len(scope.organisations) == 1 and not (scope.streets or scope.communities or scope.grids)
    return not scope.organisations and len(register.filter_options(name, user)) <= 1

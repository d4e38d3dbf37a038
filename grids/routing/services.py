"""试算: where routing rules would have sent the issues of the last days, against where they went.

An issue is judged as at its report: by the level where it starts, which says whom a rule may
dispatch to (``grids.routing.rules.refusal``); what only the street calls in, the rule advises the
street, when it dispatches. Issues void or merged, and parts, are left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from grids.issues.models import Issue, IssueEvent
from grids.issues.rights import lowest_level, start_level
from grids.places.names import grids_named, names
from grids.routing.rules import CALLED_BY_STREET, Rule, Rules, refusal
from grids.tallies.measures import COUNTED
from suzhou_portal.accounts.reach import NOBODY, unattended
from suzhou_portal.accounts.roles import Verb

DAYS = (30, 7, 90)
MOST = 5000  # issues looked at, the newest ones


class _Row(NamedTuple):
    """The columns of an issue that rules ask for, and the organisation that it went to first."""

    id: int
    number: str
    category_id: int
    street_id: int
    community_id: int | None
    grid_id: int | None
    severity: str
    category__start_level: str
    went: int | None


@dataclass(frozen=True)
class Line:
    """One issue: which rule counts, what it would do, and what was done. Words for the page."""

    row: _Row
    rule: Rule
    reason: str  # why the rule is not followed; "" when it is
    beaten: bool = False  # the rule on trial covers it, too, but a more specific one counts
    by_street: bool = False  # not followed at the level where the issue starts, but when the street dispatches it
    unattended: bool = False  # nobody can sign in for the organisation

    @property
    def would(self) -> int | None:
        """The organisation that the issue would go to."""
        return None if self.reason else self.rule.organisation

    @property
    def how(self) -> str:
        """What would happen, in words."""
        if self.reason:
            return f"不派办：{self.reason}"
        said = "街道派办时预选" if self.by_street else "自动派办" if self.is_automatic else "派办时预选"
        return f"{said}，{NOBODY}" if self.unattended else said

    @property
    def is_automatic(self) -> bool:
        """The portal would dispatch it by itself."""
        return self.would is not None and self.rule.automatic and not self.by_street

    @property
    def is_same(self) -> bool:
        """It went there indeed."""
        return self.would is not None and self.would == self.row.went


@dataclass
class Trial:
    """What came of trying out the rules on the issues that a user may see."""

    days: int
    looked_at: int = 0
    lines: list[Line] = field(default_factory=list)
    displaced: Counter[Rule] = field(default_factory=Counter)  # rules that counted before the one on trial
    stronger: Counter[Rule] = field(default_factory=Counter)  # more specific ones, which count instead

    @property
    def is_capped(self) -> bool:
        """There were more issues than are looked at."""
        return self.looked_at >= MOST

    @property
    def _own(self) -> Iterator[Line]:
        return (line for line in self.lines if not line.beaten)

    @property
    def automatic(self) -> int:
        """Issues that the portal would dispatch by itself."""
        return sum(line.is_automatic for line in self._own)

    @property
    def advised(self) -> int:
        """Issues whose organisation would be preselected where they start."""
        return sum(line.would is not None and not line.is_automatic and not line.by_street for line in self._own)

    @property
    def by_street(self) -> int:
        """Issues whose organisation would be preselected for the street."""
        return sum(line.by_street for line in self._own)

    @property
    def refused(self) -> list[tuple[str, int]]:
        """Why rules would not be followed, and how often."""
        return Counter(line.reason for line in self._own if line.reason).most_common()

    @property
    def same(self) -> int:
        """Issues that went where the rules would have sent them."""
        return sum(line.is_same for line in self._own)

    def organisations(self) -> list[dict[str, Any]]:
        """Per organisation: name, how many would go there, did go there, and both; None for no organisation."""
        lines = list(self._own)
        would, went = Counter(line.would for line in lines), Counter(line.row.went for line in lines)
        same = Counter(line.would for line in lines if line.is_same)
        known = names().organisations
        keys = sorted({*would, *went}, key=lambda key: (key is None, -would[key], -went[key], key or 0))
        return [
            {
                "name": known[key].name if key in known else "未派单位",
                "would": would[key],
                "went": went[key],
                "same": same[key],
            }
            for key in keys
        ]


def try_out(rules: Rules, *, user: Any, days: int, focus: Rule | None = None) -> Trial:
    """Judge the issues of the last ``days`` that ``user`` may see by ``rules``; three queries and the kept names.

    With a ``focus`` (a rule of the set) only what it covers, and what it takes from others or leaves them.
    """
    trial = Trial(days)
    nobody = unattended("organisation", {rule.organisation for rule in rules})
    for row in _rows(user, days):
        trial.looked_at += 1
        covering = list(rules.covering(row))
        if not covering or (focus is not None and focus not in covering):
            continue
        rule = covering[0]
        beaten = focus is not None and rule != focus
        if beaten:
            trial.stronger[rule] += 1
        elif focus is not None and len(covering) > 1:
            trial.displaced[covering[1]] += 1
        placed: Any = row  # an issue as far as its level goes
        level = start_level(row.category__start_level, row.severity, lowest_level(placed))
        reason = refusal(rule, level, row.street_id)
        by_street = reason == CALLED_BY_STREET
        alone = rule.organisation in nobody
        trial.lines.append(Line(row, rule, "" if by_street else reason, beaten, by_street, alone))
    return trial


def _rows(user: Any, days: int) -> Iterable[_Row]:
    # unscoped: steps of issues that are fetched in scope
    sent = IssueEvent.objects.filter(issue=OuterRef("pk"), organisation__isnull=False).order_by("id")
    rows = Issue.objects.visible_to(user, Verb.ROUTING_VIEW).filter(
        COUNTED, created_at__gte=timezone.now() - timedelta(days=days)
    )
    rows = rows.annotate(went=Subquery(sent.values("organisation")[:1])).order_by("-created_at", "-id")
    return map(_Row._make, rows.values_list(*_Row._fields)[:MOST])


def shown(lines: Iterable[Line]) -> list[dict[str, str]]:
    """``lines`` as the template writes them out; at most one query, for names of grids not kept yet."""
    lines, kept = list(lines), names()
    grids = grids_named({line.row.grid_id for line in lines if line.row.grid_id})

    def place(row: _Row) -> str:
        community = kept.communities.get(row.community_id or 0)
        upper = community or kept.streets.get(row.street_id)
        grid = grids[row.grid_id] if row.grid_id else None
        return " ".join(part.name for part in (upper, grid) if part)

    return [
        {
            "number": line.row.number,
            "category": kept.categories[line.row.category_id].name,
            "place": place(line.row),
            "would": line.rule.organisation_name if line.would else "—",
            "how": f"另有规则优先：{line.rule.sentence}" if line.beaten else line.how,
            "rule": line.rule.words,
            "went": kept.organisations[line.row.went].name if line.row.went in kept.organisations else "未派单位",
            "same": "一致" if line.is_same else "",
        }
        for line in lines
    ]

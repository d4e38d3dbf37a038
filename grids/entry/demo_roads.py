"""The roads that issues of the demo district take: who does what next, level by level.

A road is a generator of steps. It looks at the issue before each step, so a step that was
not taken (the present came first) simply ends it.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from django.utils import timezone

from grids.categories.models import LEVELS, Level
from grids.issues.demo_story import Step
from grids.issues.demo_world import Saying, World
from grids.issues.models import Holder, Issue, Source, Status
from grids.issues.rights import lowest_level, verifying_level
from grids.visits.demo import calls
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import User

# How often an issue climbs from each level to the next, and other side roads.
CLIMBS = {Level.GRID: 0.045, Level.COMMUNITY: 0.075, Level.STREET: 0.13, Level.DISTRICT: 0.0}
VOIDED, REOPENED, COMPLAINED, REDONE, RETURNED, RECALLED, SENT_DOWN = 0.015, 0.012, 0.8, 0.045, 0.04, 0.015, 0.05

ORDERS = (
    "请于今日内处理并反馈",
    "请现场查看后处理",
    "请尽快处置，注意安全",
    "居民反映较急，请优先办理",
    "请按时办结",
    "",
)
TAKEN = ("由社区上门处理", "现场查看后处理", "联系相关住户协商处理", "")
CLIMB_REASONS = {
    Level.GRID: ("需社区出面协调，网格无法处理", "涉及多栋楼住户，请社区牵头", "当事人不配合，请社区支持"),
    Level.COMMUNITY: ("需专业队伍处置，社区无力解决", "涉及多个部门，请街道协调", "产权不清，请街道牵头会商"),
    Level.STREET: ("涉及跨街道管网，请区级统筹", "需区级部门安排资金", "多部门职责交叉，请区里协调明确"),
}
RETURNS = ("不属本单位管辖范围，请重新派办", "地点有误，请核实后再派", "需其他单位先行配合")
REDOS = ("现场查看仍未解决，请重办", "居民反映效果不好，请继续处理", "只处理了一部分，请全部处理")
VOIDS = ("与已有事件重复", "经核实情况不实", "反映人撤回诉求")
REOPENS = ("同一问题再次出现", "巡查时发现问题反弹", "雨后复查又出现同样问题")
# Requests to put the clock off or to stop it, on the way to the answer.
ASKED, STOPPED, REFUSED = 0.05, 0.3, 0.15
EXTENSION_REASONS = ("所需物料正在调运，到位后立即处理", "须待产权单位答复后处理", "连日降雪，暂不便施工")
SUSPENSION_REASONS = (
    "已列入下批整治计划，待资金下达后实施",
    "须待产权单位办完移交手续后处理",
    "当事人外出，约定返回后当面解决",
)
OPINIONS = ("同意，抓紧办理", "同意，向反映人做好解释", "")
REFUSALS = ("时限内可以办结，请加快办理", "可先采取临时措施，不宜拖延")
DOWNS = ("属社区职责范围，由社区办理", "情况简单，请下一级就近处理")
CHECKED = ("已现场核查，情况属实", "现场查看，效果良好", "已核查", "")


class Road:
    """The steps of one issue, from its report to its end."""

    def __init__(self, issue: Issue, saying: Saying, world: World, rng: Random) -> None:
        self.issue, self.saying, self.world, self.rng = issue, saying, world, rng
        self.climbs = rng.random() < CLIMBS[Level(issue.level)]
        self.voided = rng.random() < VOIDED

    @property
    def on_the_spot(self) -> bool:
        """Settled in the grid, without anybody else."""
        return self.issue.level == Level.GRID and not self.climbs and not self.voided

    def steps(self) -> Iterator[Step]:
        """All steps; an issue is reopened once at most."""
        if self.voided:
            yield Step("void", self._voider(), self._one(VOIDS))
            return
        while self.climbs:
            yield from self._climb()
        yield from self._handle()
        yield from self._finish()
        yield from calls(self.issue, self.world, self.rng)
        if self._chance(COMPLAINED if self.issue.is_complained_of else REOPENED):
            yield Step("reopen", self._voider(), self._why_again(), rest=True)
            yield Step("take", self._keeper(), self._one(TAKEN))
            yield from self._answer()
            yield from self._finish()
            yield from calls(self.issue, self.world, self.rng)

    # --- the pieces ---------------------------------------------------------------

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _one(self, texts: tuple[str, ...]) -> str:
        return self.rng.choice(texts)

    def _keeper(self) -> User:
        return self.world.at_level(self.issue, self.issue.level)

    def _voider(self) -> User:
        """Grid leaders may not void or reopen: for the grid's level the community does."""
        level = self.issue.level
        return self.world.at_level(self.issue, Level.COMMUNITY if level == Level.GRID else level)

    def _why_again(self) -> str:
        """What a reporter complained of, or what was seen otherwise."""
        issue = self.issue
        if not issue.is_complained_of:
            return self._one(REOPENS)
        return f"回访：{issue.visit_answers}"

    def _climb(self) -> Iterator[Step]:
        level = Level(self.issue.level)
        if self.issue.status == Status.REPORTED and self._chance(0.5):
            yield Step("accept", self._keeper())
        yield Step("escalate", self._keeper(), self._one(CLIMB_REASONS[level]))
        self.climbs = self._chance(CLIMBS[Level(self.issue.level)])

    def _handle(self) -> Iterator[Step]:
        """From acceptance to a first answer."""
        issue, keeper = self.issue, self._keeper()
        if issue.status == Status.REPORTED and issue.level != Level.GRID and self._chance(0.7):
            yield Step("accept", keeper)
        if self._chance(SENT_DOWN) and LEVELS.index(issue.level) > max(1, LEVELS.index(lowest_level(issue))):
            yield Step("send_down", keeper, self._one(DOWNS))
            yield from self._handle()
        elif issue.level == Level.GRID:
            yield from self._in_the_grid(keeper)
        elif issue.level == Level.COMMUNITY:
            yield from self._in_the_community(keeper)
        else:
            yield from self._by_department(keeper)

    def _in_the_grid(self, leader: User) -> Iterator[Step]:
        if self.issue.source in (Source.COMMUNITY, Source.HOTLINE) and self.issue.status == Status.ACCEPTED:
            yield Step("assign_grid", self.world.at_level(self.issue, Level.COMMUNITY), self._one(ORDERS))
            if self._chance(0.6):
                yield Step("start", leader)
        else:
            yield Step("take", leader)
        yield from self._answer()

    def _in_the_community(self, secretary: User) -> Iterator[Step]:
        draw = self.rng.random()
        handler = self.world.handler(self.saying, self.issue, self.rng)
        if handler is not None and handler.is_property and draw < 0.7:
            yield from self._dispatch(secretary, handler)
        elif handler is not None and handler.is_department and draw < 0.35:
            # 街道吹哨、部门报到: the street calls the department in; the issue stays the community's.
            yield from self._dispatch(self.world.at_level(self.issue, Level.STREET), handler)
        elif self.issue.grid_id and draw < 0.55:
            yield Step("assign_grid", secretary, self._one(ORDERS))
            yield from self._answer()
        elif draw > 0.9 and (units := self.world.units.get(self.issue.community_id)):
            yield from self._dispatch(secretary, self.rng.choice(units[:4]))
        else:
            yield Step("take", secretary, self._one(TAKEN))
            yield from self._answer()

    def _by_department(self, keeper: User) -> Iterator[Step]:
        handler = self.world.handler(self.saying, self.issue, self.rng)
        if handler is None or self._chance(0.12):
            yield Step("take", keeper, f"由{Level(self.issue.level).label}牵头会商处理")
            yield from self._answer()
        else:
            yield from self._dispatch(keeper, handler)

    def _dispatch(self, by: User, organisation: Organisation) -> Iterator[Step]:
        """Send to ``organisation``; now and then it comes back once and is sent again."""
        yield Step("dispatch", by, self._one(ORDERS), organisation)
        liaison = self.world.liaison(organisation)
        if liaison and self._chance(RETURNED):
            yield Step("return", liaison, self._one(RETURNS))
            yield Step("dispatch", by, "经核实属你单位职责，请办理", organisation)
        elif self._chance(RECALLED):
            yield Step("recall", by, "情况有变，重新安排")
            yield Step("dispatch", by, self._one(ORDERS), organisation)
        if liaison and self._chance(0.6):
            yield Step("start", liaison)
        yield from self._answer()

    def _answer(self) -> Iterator[Step]:
        """The holder answers; for a unit without sign-in its keeper enters the answer."""
        if self.issue.level != Level.GRID and self._chance(ASKED):
            yield from self._more_time(self._worker())
        yield Step("answer", self._worker(), self.rng.choice(self.saying.results))

    def _worker(self) -> User:
        """Who has the issue in hand, or its keeper for a unit without sign-in."""
        holder = self.issue.holder
        if holder == Holder.ORGANISATION and not self.world.liaison(self.issue.organisation):
            holder = self.issue.level
        return self.world.at_level(self.issue, holder)

    def _more_time(self, asker: User) -> Iterator[Step]:
        """``asker`` asks for more time, or to stop the clock; the level above decides."""
        if self._chance(STOPPED):
            until = timezone.localdate(self.issue.due_at) + timedelta(days=self.rng.randint(12, 45))
            more: dict[str, Any] = {"until": until}
            yield Step("ask_suspension", asker, self._one(SUSPENSION_REASONS), more=more, optional=True)
        else:
            more = {"amount": self.rng.randint(1, 4), "unit": "days"}
            yield Step("ask_extension", asker, self._one(EXTENSION_REASONS), more=more, optional=True)
        if not self.issue.asked_level:
            return
        decider = self.world.at_level(self.issue, self.issue.asked_level)
        if self._chance(REFUSED):
            yield Step("refuse", decider, self._one(REFUSALS), optional=True)
        else:
            yield Step("grant", decider, self._one(OPINIONS), optional=True)

    def _finish(self) -> Iterator[Step]:
        """Checked, done again where it is not good, closed."""
        checker = self.world.at_level(self.issue, verifying_level(self.issue))
        if self._chance(REDONE):
            yield Step("redo", checker, self._one(REDOS))
            yield from self._answer()
        if self._chance(0.12):
            yield Step("verify", checker, self._one(CHECKED))
        yield Step("close", checker, self._one(CHECKED))

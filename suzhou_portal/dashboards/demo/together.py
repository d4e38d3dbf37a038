"""What the demo district shows beside single stories: duplicates, parts, whistles, contacts, photos.

A few of each, made as users make them: through the portal's own services, at pretended moments of the
last office days. Each therefore has its notices and its entries in the trail, as from the demo's people.
"""

import io
from datetime import datetime, timedelta
from random import Random

from django.core.files.base import ContentFile
from django.db.models import Q
from PIL import Image, ImageDraw

from communities.directory.models import Community
from covenants.lists.models import Need
from covenants.matching.taking_up import take_up
from grids.categories.models import IssueCategory, Level
from grids.issues.models import Division, Issue, Severity, Source, Status
from grids.issues.services import Report, report_issue
from grids.issues.workflow import WORKFLOW
from grids.reporters.models import Contact
from grids.reporters.services import save_contact
from streets.hub.models import Street
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.dashboards.demo.world import World
from suzhou_portal.files.models import Stage
from suzhou_portal.files.services import Upload, attach
from suzhou_portal.lib.time import moments

RECENT = timedelta(days=5)
# Form of address only; no number of this block is in use.
CALLERS = ("王女士", "李先生", "张师傅", "赵女士", "陈先生", "马大姐", "刘先生", "杨女士")
PHONE = "1990000{0:04d}"
AGAIN = ("又有居民反映：{0}", "同一处，另一户反映：{0}")
TWO_MATTERS = "{0}院内路灯不亮；车棚旁堆放杂物，影响通行"
PARTS = "路灯不亮，请检修\n车棚旁堆放杂物，请清理"
WHISTLE = "{0}沿街商铺占道经营、油烟扰民、垃圾乱倒，需几家一起整治"
CALLED = ("区城管执法局", "区市场监管局", "区环卫中心")
STALLS, CLUTTER, LAMPS = "占道经营", "乱堆", "路灯"
NEEDS_HELP = "{0}自管楼院楼道灯多处不亮，无物业，社区没有电工"
HELP = {"kind": "skills", "title": "请电工检修楼道照明"}
PHOTO = (960, 720)


class Together:
    """Writes them; ``until`` is the moment on which the demo stands."""

    def __init__(self, world: World, until: datetime, rng: Random) -> None:
        self.world, self.until, self.rng = world, until, rng
        self._callers = 0

    def write(self) -> int:
        """All of them, street by street; returns how many issues were added."""
        before = Issue.objects.count()  # unscoped: demo loader
        # What started there, so that who reports it again reports it to the same keeper.
        waiting_with_the_community = Q(status__in=[Status.REPORTED, Status.ACCEPTED], level=Level.COMMUNITY)
        waiting_with_the_community &= Q(category__start_level=Level.COMMUNITY, grid__isnull=False)
        for street in self.world.streets:
            self._whistle(street)
        for index, community in enumerate(self.world.communities):
            secretary = self.world.users[Role.COMMUNITY, community.pk]
            # unscoped: demo loader
            own = Issue.objects.filter(community=community, parent=None, created_at__gte=self.until - RECENT)
            waiting = list(own.filter(waiting_with_the_community)[:1])
            for issue in waiting:
                self._report_again(issue, secretary)
                if index % 3 == 0:
                    self._photograph(issue, secretary)
            if index % 4 == 1:
                self._split(community, secretary)
            if index % 5 == 0:
                self._ask_units(community, secretary, taken=index % 2 == 0)
            for issue in own.filter(source=Source.HOTLINE, contact=None)[:2]:
                self._leave_contact(issue, secretary)
        return Issue.objects.count() - before  # unscoped: demo loader

    def _category(self, word: str, level: str) -> IssueCategory:
        """The one whose name has ``word``; any of that level where the district has none."""
        there = [row.category for row in self.world.sayings if row.category.start_level == level]
        return next((category for category in there if word in category.name), there[0])

    def _at(self, hours: float) -> datetime:
        """A moment some office hours before the end."""
        return self.world.office.at(self.world.office.position(self.until) - hours * 3600)

    def _report_again(self, issue: Issue, secretary: User) -> None:
        leader = self.world.leader(issue)
        if leader is None:
            return
        text = self.rng.choice(AGAIN).format(issue.description)[:500]
        with moments.pretend(max(self._at(2), issue.created_at)):
            twin = report_issue(Report(issue.grid, issue.category, text), by=leader)
        with moments.pretend(max(self._at(1), issue.created_at)):
            WORKFLOW.apply(twin, "merge", by=secretary, inputs={"into": issue.number, "note": "同一件事"})

    def _split(self, community: Community, secretary: User) -> None:
        category = self._category(CLUTTER, Level.GRID)
        grid = next(grid for grid in self.world.all_grids if grid.community_id == community.pk and not grid.parent_id)
        with moments.pretend(self._at(6)):
            text = TWO_MATTERS.format(grid.name)
            # Serious, so that the community keeps it.
            whole = report_issue(Report(grid, category, text, severity=Severity.SERIOUS), by=secretary)
            WORKFLOW.apply(whole, "split", by=secretary, inputs={"parts": PARTS})
        part = Issue.objects.filter(parent=whole).order_by("id")[0]  # unscoped: demo loader
        with moments.pretend(self._at(4)):
            WORKFLOW.apply(part, "take", by=secretary)

    def _ask_units(self, community: Community, secretary: User, *, taken: bool) -> None:
        """What the community cannot do alone becomes a need of co-building; the unit next door takes it up."""
        grid = next(grid for grid in self.world.all_grids if grid.community_id == community.pk and not grid.parent_id)
        category = self._category(LAMPS, Level.COMMUNITY)
        with moments.pretend(self._at(30)):
            issue = report_issue(Report(grid, category, NEEDS_HELP.format(grid.name)), by=secretary)
        with moments.pretend(self._at(26)):
            WORKFLOW.apply(issue, "ask_units", by=secretary, inputs={**HELP, "description": issue.description})
        unit = self.world.units[community.pk][0]
        liaison = self.world.user(Role.UNIT, unit)
        need = Need.objects.get(issue=issue)  # unscoped: demo loader
        if liaison and taken:
            with moments.pretend(self._at(8)):
                take_up(need, unit, by=liaison)

    def _whistle(self, street: Street) -> None:
        officer = self.world.users[Role.STREET, street.pk]
        category, called = self._category(STALLS, Level.COMMUNITY), [self.world.departments[name] for name in CALLED]
        community = next(row for row in self.world.communities if row.street_id == street.pk)
        with moments.pretend(self._at(5)):
            text = WHISTLE.format(community.name)
            # Serious, so that the street keeps it.
            whole = report_issue(Report(community, category, text, severity=Severity.MAJOR), by=officer)
            inputs = {
                "organisations": [row.pk for row in called],
                "note": "请各单位今日到现场会商，按期反馈",
            }
            WORKFLOW.apply(whole, "whistle", by=officer, inputs=inputs)
        parts = Issue.objects.filter(parent=whole, division=Division.WHISTLE).order_by("id")  # unscoped: demo loader
        for part, hours in zip(parts, (4, 3), strict=False):
            liaison = self.world.liaison(part.organisation)
            if liaison:
                with moments.pretend(self._at(hours)):
                    WORKFLOW.apply(part, "report_in", by=liaison)
        first = Issue.objects.get(pk=parts[0].pk)  # unscoped: demo loader
        if first.status == Status.HANDLING and (liaison := self.world.liaison(first.organisation)):
            with moments.pretend(self._at(1)):
                WORKFLOW.apply(first, "answer", by=liaison, inputs={"note": "已责令商户撤回占道摊位，加强巡查"})

    def _leave_contact(self, issue: Issue, secretary: User) -> None:
        self._callers += 1
        contact = Contact(name=self.rng.choice(CALLERS), phone=PHONE.format(self._callers))
        save_contact(issue, contact, by=secretary)

    def _photograph(self, issue: Issue, secretary: User) -> None:
        upload = Upload(ContentFile(_picture(self.rng), name="现场照片.jpg"), stage=Stage.BEFORE)
        attach(issue, upload, by=secretary)


def _picture(rng: Random) -> bytes:
    """A drawing that nobody takes for a photo of a real place."""
    image = Image.new("RGB", PHOTO, (206, 214, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 480, 960, 720), fill=(150, 146, 140))
    for left in range(40, 900, 170):
        height = rng.randint(180, 330)
        draw.rectangle((left, 480 - height, left + 130, 480), fill=(178 - rng.randint(0, 30), 160, 148))
        for row in range(480 - height + 20, 450, 50):
            for column in (left + 18, left + 74):
                draw.rectangle((column, row, column + 34, row + 28), fill=(226, 232, 236))
    for _heap in range(rng.randint(5, 9)):
        x, y, size = rng.randint(300, 640), rng.randint(540, 610), rng.randint(30, 70)
        draw.ellipse((x, y, x + size, y + size * 0.7), fill=(90 + rng.randint(0, 40), 84, 76))
    draw.text((24, 680), "DEMO", fill=(60, 60, 60))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80)
    return data.getvalue()

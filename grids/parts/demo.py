"""Parts in the demo district: whistles in every street, an issue of two matters in some communities."""

from communities.directory.models import Community
from grids.categories.models import Level
from grids.issues.demo import Lately, in_community, in_street
from grids.issues.models import Division, Issue, Severity, Status
from grids.issues.services import Report, report_issue
from grids.issues.workflow import WORKFLOW
from streets.hub.models import Street
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.time import moments

TWO_MATTERS = "{0}院内路灯不亮；车棚旁堆放杂物，影响通行"
PARTS = "路灯不亮，请检修\n车棚旁堆放杂物，请清理"
WHISTLE = "{0}沿街商铺占道经营、油烟扰民、垃圾乱倒，需几家一起整治"
CALLED = ("区城管执法局", "区市场监管局", "区环卫中心")
STALLS, CLUTTER = "占道经营", "乱堆"


@in_street(order=10)
def whistle(lately: Lately, street: Street) -> None:
    """The street calls departments in; two report in, one has answered."""
    world, officer = lately.world, lately.world.users[Role.STREET, street.pk]
    category, called = lately.category(STALLS, Level.COMMUNITY), [world.departments[name] for name in CALLED]
    community = next(row for row in world.communities if row.street_id == street.pk)
    with moments.pretend(lately.at(5)):
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
        liaison = world.liaison(part.organisation)
        if liaison:
            with moments.pretend(lately.at(hours)):
                WORKFLOW.apply(part, "report_in", by=liaison)
    first = Issue.objects.get(pk=parts[0].pk)  # unscoped: demo loader
    if first.status == Status.HANDLING and (liaison := world.liaison(first.organisation)):
        with moments.pretend(lately.at(1)):
            WORKFLOW.apply(first, "answer", by=liaison, inputs={"note": "已责令商户撤回占道摊位，加强巡查"})


@in_community(order=40)
def split(lately: Lately, community: Community, index: int) -> None:
    """An issue of two matters is divided; the first is taken up."""
    if index % 4 != 1:
        return
    secretary, grid = lately.secretary(community), lately.first_group(community)
    category = lately.category(CLUTTER, Level.GRID)
    with moments.pretend(lately.at(6)):
        text = TWO_MATTERS.format(grid.name)
        # Serious, so that the community keeps it.
        whole = report_issue(Report(grid, category, text, severity=Severity.SERIOUS), by=secretary)
        WORKFLOW.apply(whole, "split", by=secretary, inputs={"parts": PARTS})
    part = Issue.objects.filter(parent=whole).order_by("id")[0]  # unscoped: demo loader
    with moments.pretend(lately.at(4)):
        WORKFLOW.apply(part, "take", by=secretary)

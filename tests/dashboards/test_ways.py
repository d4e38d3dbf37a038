"""A way through: ten things that each role seldom needs are the first answer of the palette, and three clicks away."""

import html
import re
from datetime import date

import pytest

from grids.places.models import GridPost
from suzhou_portal.dashboards.palette.services import find
from tests import factories as make
from tests.covenants.made import signed

# (typed into the palette, where it leads, what is clicked without it); {…} is filled from the world below.
OFFICE = [
    ("修改密码", "/me/password/", "我的账号 > 修改密码"),
    ("消息设置", "/me/notices/", "消息 > 消息设置"),
]
HANDLING = [
    ("延期", "/grids/clock-requests/", "网格治理 > 延期挂账"),
    ("督办单", "/grids/supervisions/", "网格治理 > 督办单"),
    ("需求", "/covenants/needs/", "共建 > 需求"),
    ("协议 第一中学", "{covenant}", "共建 > 共建协议 > {covenant_number}"),
    ("约定事项", "/covenants/commitments/", "共建 > 约定事项"),
    ("pyjg", "/covenants/evaluations/", "共建 > 评约结果"),
    ("事件分类", "/grids/issue-categories/", "网格治理 > 事件分类"),
    ("开始商谈", "/covenants/covenants/new/", "共建 > 开始商谈"),
    ("适合", "/covenants/needs/fitting/", "共建 > 适合本单位的需求"),
    ("城管", "/streets/organisations/D01/", "单位 > 城管执法队"),
]
CATALOGUES = [
    ("环节时限", "/grids/step-limits/", "管理 > 环节时限"),
    ("办理参数", "/rules/parameters/", "管理 > 办理参数"),
    ("节假日", "/rules/calendar-days/", "管理 > 工作日历"),
    ("bgsj", "/rules/office-hours/", "管理 > 办公时间"),
    ("五个一事项", "/grids/five-ones/", "管理 > 五个一事项"),
    ("十查清单", "/grids/patrol-checklists/", "网格治理 > 十查清单"),
]
THINGS = {
    "district": [
        *CATALOGUES,
        ("网格长 王秀兰", "{post}", "队伍 > 网格长 > 王秀兰"),
        ("协议 第一中学", "{covenant}", "共建 > 共建协议 > {covenant_number}"),
        ("统计分析", "/dashboard/", "统计分析"),
        ("评约标准", "/covenants/rubrics/", "共建 > 评约标准"),
    ],
    "officer": [
        ("名册导入", "/grids/roster-imports/", "队伍 > 名册导入记录"),
        ("xcjh", "/grids/patrol-plans/", "网格治理 > 巡查计划"),
        ("网格长 王秀兰", "{post}", "队伍 > 网格长 > 王秀兰"),
        ("协议 第一中学", "{covenant}", "共建 > 共建协议 > {covenant_number}"),
        ("网格变动", "/grids/grid-changes/", "队伍 > 网格变动"),
        ("覆盖情况", "/grids/coverage/", "队伍 > 覆盖情况"),
        ("路由规则", "/grids/routing-rules/", "网格治理 > 路由规则"),
        ("回访记录", "/grids/return-visits/", "网格治理 > 回访记录"),
        ("{issue}", "/issues/{issue}/", "网格治理 > 网格事件 > {issue}"),
        ("登记纠纷", "/grids/mediations/new/", "网格治理 > 登记纠纷"),
    ],
    "secretary": [
        ("从 Excel 更新名册", "/grids/grid-posts/import/", "队伍 > 名册维护"),
        ("五个一记录", "/grids/five-one-records/", "队伍 > 五个一记录"),
        ("王秀兰", "{post}", "队伍 > 网格长 > 王秀兰"),
        ("协议 第一中学", "{covenant}", "共建 > 共建协议 > {covenant_number}"),
        ("履约记录", "/covenants/deliveries/", "共建 > 履约记录"),
        ("发布需求", "/covenants/needs/new/", "共建 > 发布需求"),
        ("十查清单", "/grids/patrol-checklists/", "网格治理 > 十查清单"),
        ("登记纠纷", "/grids/mediations/new/", "网格治理 > 登记纠纷"),
        ("{grid}", "/grids/grids/{grid_code}/", "队伍 > 网格 > {grid}"),
        ("共建单位", "/covenants/partners/", "共建 > 共建单位"),
    ],
    "leader": [
        ("我的网格", "/my-grid/", "我的网格"),
        ("待办", "/todo/", "我的网格 > 全部待办"),
        ("调处", "/grids/mediations/", "网格治理 > 调处化解"),
        ("登记纠纷", "/grids/mediations/new/", "网格治理 > 登记纠纷"),
        ("发布需求", "/covenants/needs/new/", "共建 > 发布需求"),
        ("巡查发现", "/grids/patrol-findings/", "网格治理 > 巡查发现"),
        ("王秀兰", "{post}", "队伍 > 网格长 > 王秀兰"),
        ("{grid}", "/grids/grids/{grid_code}/", "队伍 > 网格 > {grid}"),
        ("五个一记录", "/grids/five-one-records/", "队伍 > 五个一记录"),
        ("消息设置", "/me/notices/", "消息 > 消息设置"),
    ],
    "area_leader": [
        ("我的片区", "/my-grid/", "我的片区"),
        ("片区 {area}", "/grids/areas/{area_code}/", "队伍 > 片区 > {area}"),
        ("我的巡查", "/patrols/", "网格治理 > 我的巡查"),
        ("巡查发现", "/grids/patrol-findings/", "网格治理 > 巡查发现"),
        ("网格巡查情况", "/grids/patrol-route-grids/", "网格治理 > 网格巡查情况"),
        ("xcjh", "/grids/patrol-plans/", "网格治理 > 巡查计划"),
        ("王秀兰", "{post}", "队伍 > 网格长 > 王秀兰"),
        ("登记纠纷", "/grids/mediations/new/", "网格治理 > 登记纠纷"),
        ("覆盖情况", "/grids/coverage/", "队伍 > 覆盖情况"),
        ("统计分析", "/dashboard/", "统计 > 统计分析"),
    ],
    "department": [*OFFICE, *HANDLING[:2], *HANDLING[4:]],
    "liaison": [
        *OFFICE,
        *HANDLING[1:6],
        *HANDLING[7:9],
        ("第一中学", "/streets/organisations/U01/", "单位 > 第一中学"),
    ],
    "security": [
        ("账号", "/accounts/users/", "管理 > 账号"),
        ("任职", "/accounts/assignments/", "管理 > 任职"),
        ("权限表", "/accounts/permissions/", "管理 > 权限表"),
        ("新建账号", "/accounts/users/new/", "管理 > 新建账号"),
        ("新建任职", "/accounts/assignments/new/", "管理 > 新建任职"),
        ("community.1", "/accounts/users/community.1/", "管理 > 账号 > community.1"),
        ("联系方式清除", "/contacts/erasure/", "管理 > 联系方式清除"),
        ("城管", "/streets/organisations/D01/", "街道 > 单位 > 城管执法队"),
        ("{grid}", "/grids/grids/{grid_code}/", "队伍 > 网格 > {grid}"),
        ("修改密码", "/me/password/", "我的账号 > 修改密码"),
    ],
    "system": [
        *CATALOGUES,
        ("任务", "/operations/", "管理 > 运行状态"),
        ("消息投递", "/operations/deliveries/", "管理 > 消息投递"),
        ("纠纷类型", "/grids/dispute-kinds/", "网格治理 > 纠纷类型"),
        ("城管", "/streets/organisations/D01/", "街道 > 单位 > 城管执法队"),
    ],
    # Who has one page besides their own.
    "auditor": [
        ("审计", "/audit/", "审计记录"),
        ("消息", "/inbox/", "消息"),
        ("消息设置", "/me/notices/", "消息 > 消息设置"),
        ("修改密码", "/me/password/", "我的账号 > 修改密码"),
    ],
}
LINK = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)


@pytest.fixture
def world(cast):
    """A covenant, a leader on the roster, issues, and more to do than a home page shows."""
    post = make.saved(GridPost(grid=cast.g1, kind=GridPost.Kind.LEADER, name="王秀兰", starts=date(2026, 1, 1)))
    covenant = signed(cast)
    issues = make.many_issues(cast.leader, cast.building, cast.litter, 12)
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    names = {"post": f"/grids/grid-posts/{post.pk}/", "covenant": covenant.get_absolute_url(), "grid": str(cast.g1)}
    names |= {"area": cast.area.name, "area_code": cast.area.code}
    names |= {"covenant_number": covenant.number, "grid_code": cast.g1.code, "issue": issue.number}
    assert len(issues) == 12
    return lambda text: text.format(**names)


def follow(client, url, words):
    """The address of the link of the page at ``url`` that says ``words``."""
    page = client.get(url, follow=True).content.decode()
    said = [
        (re.sub(r"<[^>]+>", "", text).strip(), re.search(r'href="([^"]+)"', head)) for head, text in LINK.findall(page)
    ]
    found = [html.unescape(head[1]) for text, head in said if head and (text == words or words in text)]
    exact = [html.unescape(head[1]) for text, head in said if head and text == words]
    assert found, f"{words} is no link of {url}"
    return (exact or found)[0]


@pytest.mark.parametrize("who", THINGS)
def test_the_palette_finds_it_at_once(cast, world, who):
    user, missed = getattr(cast, who), {}
    for typed, leads, _way in THINGS[who]:
        found = find(user, world(typed))
        if not found or found[0].url != world(leads):
            missed[world(typed)] = [one.url for one in found[:4]]
    assert not missed


@pytest.mark.parametrize("who", THINGS)
def test_without_it_three_clicks_lead_there(cast, world, sign_in, who):
    client = sign_in(getattr(cast, who))
    for _typed, leads, way in THINGS[who]:
        clicks, here = world(way).split(" > "), "/"
        assert len(clicks) <= 3
        for words in clicks:
            here = follow(client, here, words)
        assert here.partition("?")[0] == world(leads), way
        assert client.get(here).status_code == 200

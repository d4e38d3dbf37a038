"""What stands around every page: the side bar with its areas, the user's marks, the chosen appearance.

:data:`AREAS` is the whole navigation, in order: the side bar shows areas, the hub of an area its pages
(``dashboards.hubs``), the palette finds them all (``dashboards.palette``). A user is shown a page when some post of
theirs gives its verb. The page behind it checks the right again.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.functional import cached_property

from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.drawn import Surroundings
from suzhou_portal.lib.rows.prepared import Prepared
from suzhou_portal.notices.models import Notice

THEME_COOKIE = "portal-theme"  # "light", "dark", anything else: as the system does
LARGE_COOKIE = "portal-large"  # "1": large text
UNREAD_CAP = 99
UNREAD = Prepared(
    lambda user: Notice.objects.filter(user=user, read_at=None).order_by().values_list("pk")[: UNREAD_CAP + 1],
    987_654_321,
)


@dataclass(frozen=True)
class Entry:
    """A page of the navigation; ``page`` is a URL name or, for registers, a path. ``about`` says in a line what it is.

    No ``verb``: for everybody. Several: for those who have one of them, where many may open a page and few need it.
    """

    label: str
    page: str
    icon: str
    verb: Verb | tuple[Verb, ...] | None = None
    about: str = ""

    def is_for(self, verbs: frozenset[str]) -> bool:
        """True when a user with these ``verbs`` is shown it."""
        if self.verb is None:
            return True
        wanted = self.verb if isinstance(self.verb, tuple) else (self.verb,)
        return any(verb in verbs for verb in wanted)


@dataclass(frozen=True)
class Area:
    """Pages that belong together; ``code`` names its hub in addresses."""

    code: str
    label: str
    icon: str
    entries: tuple[Entry, ...]

    @property
    def page(self) -> str:
        """The address of its hub."""
        return f"/areas/{self.code}/"


V = Verb
# What stands in the side bar by itself; everything else has its place in an area.
FIRST = (
    Entry("首页", "home", "home"),
    Entry("上报事件", "/issues/new/", "plus", V.ISSUES_REPORT),
)
AREAS: tuple[Area, ...] = (
    Area(
        "governance",
        "网格治理",
        "list",
        (
            Entry("网格事件", "/issues/", "list", V.ISSUES_VIEW, "受理、派办、反馈、核查，一件一页"),
            Entry("调处化解", "/grids/mediations/", "users", V.MEDIATIONS_VIEW, "矛盾纠纷的登记、调解、回访"),
            Entry("督办单", "/grids/supervisions/", "bell", V.ISSUES_VIEW, "超期事件的督办和书面回复"),
            Entry("延期挂账", "/grids/clock-requests/", "history", V.ISSUES_VIEW, "延长期限、暂停计时的申请和审批"),
            Entry("回访记录", "/grids/return-visits/", "phone", V.ISSUES_VIEW, "办结后问反映人：有人响应吗，解决了吗"),
            Entry("我的巡查", "patrol-home", "map-pin", V.PATROLS_WALK, "在手机上开始和继续巡查"),
            Entry("巡查记录", "/grids/patrols/", "list", V.PATROLS_VIEW, "每次片区巡查走了哪些网格、发现什么"),
            Entry("巡查发现", "/grids/patrol-findings/", "search", V.PATROLS_VIEW, "即查即改的和交办督办的问题"),
            Entry("网格巡查情况", "/grids/patrol-route-grids/", "history", V.PATROLS_VIEW, "哪些网格很久没有走到"),
            Entry("巡查计划", "/grids/patrol-plans/", "calendar", V.PATROLS_VIEW, "各片区的路线和周期"),
            Entry("事件分类", "/grids/issue-categories/", "category", V.CATALOGUES_VIEW, "大类、小类和办理时限"),
            Entry("路由规则", "/grids/routing-rules/", "send", V.ROUTING_VIEW, "哪类事件自动派到哪里"),
            Entry(
                *("十查清单", "/grids/patrol-checklists/", "category", (V.PATROLS_VIEW, V.CATALOGUES_EDIT)),
                "巡查时逐项看什么",
            ),
            Entry(
                *("纠纷类型", "/grids/dispute-kinds/", "category", (V.MEDIATIONS_VIEW, V.CATALOGUES_EDIT)),
                "登记纠纷时可选的类型",
            ),
        ),
    ),
    Area(
        "streets",
        "街道",
        "building",
        (
            Entry("街道", "/streets/streets/", "building", V.PLACES_VIEW, "四个街道"),
            Entry("单位", "/streets/organisations/", "briefcase", V.ORGANISATIONS_VIEW, "部门、共建单位、物业公司名录"),
        ),
    ),
    Area(
        "communities",
        "社区",
        "building-community",
        (Entry("社区", "/communities/communities/", "building-community", V.PLACES_VIEW, "各社区的基本情况"),),
    ),
    Area(
        "covenants",
        "共建",
        "file-text",
        (
            Entry("适合本单位的需求", "/covenants/needs/fitting/", "list", V.COVENANTS_UNIT, "按本单位资源排好的需求"),
            Entry("需求", "/covenants/needs/", "list", V.COVENANTS_VIEW, "社区请单位帮什么"),
            Entry("资源", "/covenants/offers/", "briefcase", V.COVENANTS_VIEW, "单位能提供什么"),
            Entry("共建协议", "/covenants/covenants/", "file-text", V.COVENANTS_VIEW, "谈约、签约、履约、评约"),
            Entry("约定事项", "/covenants/commitments/", "list", V.COVENANTS_VIEW, "协议里答应的事，办到几成"),
            Entry("履约记录", "/covenants/deliveries/", "history", V.COVENANTS_VIEW, "单位提交、社区确认"),
            Entry("评约结果", "/covenants/evaluations/", "chart-bar", V.COVENANTS_VIEW, "双方互评的得分"),
            Entry("共建单位", "/covenants/partners/", "users", V.FIGURES_VIEW, "一个单位一行：协议、履约、评价"),
            Entry("评约标准", "/covenants/rubrics/", "category", V.RUBRICS_EDIT, "评约时按什么打分"),
        ),
    ),
    Area(
        "teams",
        "队伍",
        "user-circle",
        (
            Entry("网格", "/grids/grids/", "layout-grid", V.PLACES_VIEW, "居民小组、小区楼院、楼栋"),
            Entry("网格长", "/grids/grid-posts/", "user-circle", V.ROSTERS_VIEW, "谁在任，从何时起"),
            Entry("名册维护", "/grids/grid-posts/import/", "upload", V.GRIDS_EDIT, "用 Excel 一次更新名册"),
            Entry("名册导入记录", "/grids/roster-imports/", "history", V.GRIDS_EDIT, "每次导入改了什么，可以撤销"),
            Entry("片区", "/grids/areas/", "map", V.PLACES_VIEW, "街道干部包联的片区"),
            Entry("覆盖情况", "/grids/coverage/", "check", V.PLACES_VIEW, "哪些网格缺人、缺二维码、缺五个一"),
            Entry("网格变动", "/grids/grid-changes/", "history", V.PLACES_VIEW, "拆分、合并、划转、换人"),
            Entry("五个一记录", "/grids/five-one-records/", "star", V.PLACES_VIEW, "各网格五个一的落实"),
        ),
    ),
    Area(
        "figures",
        "统计",
        "chart-bar",
        (
            Entry("统计分析", "/dashboard/", "chart-bar", V.FIGURES_VIEW, "一句话、六个数、趋势、地点、分类"),
            Entry("大屏", "/wall/", "device-desktop", V.FIGURES_VIEW, "挂在墙上看的"),
        ),
    ),
    Area(
        "administration",
        "管理",
        "settings",
        (
            Entry("账号", "/accounts/users/", "users", V.ACCOUNTS_MANAGE, "谁能登录"),
            Entry("任职", "/accounts/assignments/", "key", V.ACCOUNTS_MANAGE, "谁在哪里担任什么，从何时到何时"),
            Entry("权限表", "role-table", "shield", V.ACCOUNTS_MANAGE, "各角色能看什么、办什么"),
            Entry("审计记录", "audit-list", "history", V.AUDIT_VIEW, "谁在何时改了什么"),
            Entry("运行状态", "operations", "settings", V.OPERATIONS_VIEW, "数据库、任务、消息是否正常"),
            Entry("消息投递", "operations-deliveries", "send", V.OPERATIONS_VIEW, "没有送到的消息"),
            Entry("联系方式清除", "contact-erasure", "shield", V.CONTACTS_ERASE, "到期的联系方式，清除前先看"),
            Entry("环节时限", "/grids/step-limits/", "history", V.CATALOGUES_EDIT, "受理、派办、处理、核查各多久"),
            Entry("五个一事项", "/grids/five-ones/", "star", V.CATALOGUES_EDIT, "五个一是哪五个"),
            Entry("办公时间", "/rules/office-hours/", "settings", V.CATALOGUES_EDIT, "工作时间，计时按它算"),
            Entry("工作日历", "/rules/calendar-days/", "settings", V.CATALOGUES_EDIT, "节假日和调休"),
            Entry("办理参数", "/rules/parameters/", "settings", V.CATALOGUES_EDIT, "区里自己定的数"),
        ),
    ),
)
# One's own pages: in the palette, and beside the areas.
OWN = (
    Entry("待办", "todo", "list", V.ISSUES_VIEW, about="等我办理的，各类一起，最急的在前"),
    Entry("消息", "inbox", "bell", about="谁办了什么，一行一件"),
    Entry("消息设置", "me-notices", "settings", about="哪些消息、怎样告诉我"),
    Entry("我的账号", "me", "user", about="任职、密码、访问令牌、上次登录"),
    Entry("修改密码", "password-change", "lock", about="换一个密码"),
)
# The four words of the phone's bottom bar; those with a grid or an area work from it.
FIELD_BAR = (
    Entry("我的网格", "my-grid", "home"),
    Entry("上报", "/issues/new/", "plus", Verb.ISSUES_REPORT),
    Entry("在办", "/my-issues/", "list", Verb.ISSUES_VIEW),
)
AREA_BAR = (Entry("我的片区", "my-grid", "home"), *FIELD_BAR[1:])
OFFICE_BAR = (
    Entry("首页", "home", "home"),
    Entry("上报", "/issues/new/", "plus", Verb.ISSUES_REPORT),
    Entry("事件", "/issues/", "list", Verb.ISSUES_VIEW),
    Entry("共建", "/covenants/covenants/", "file-text", Verb.COVENANTS_UNIT),
)
FIELD_ROLES = frozenset({Role.GRID, Role.AREA})


@dataclass(frozen=True)
class Link:
    """An entry as a template needs it; ``active``: this is its page, or one below it."""

    label: str
    url: str
    icon: str
    active: bool
    about: str = ""


def page_url(page: str) -> str | None:
    """The URL of a URL name or a path; None when this portal has no such page."""
    return _page_url(page, settings.ROOT_URLCONF)


@lru_cache(maxsize=200)
def _page_url(page: str, urls: str) -> str | None:
    """Kept per process: walking the patterns for every link of every page would cost milliseconds."""
    try:
        if page.startswith("/"):
            resolve(page, urls)
            return page
        return reverse(page, urls)
    except (NoReverseMatch, Resolver404):
        return None


@lru_cache(maxsize=8)
def _pages_of(urls: str) -> tuple[str, ...]:
    entries = (*FIRST, *(entry for area in AREAS for entry in area.entries))
    return tuple(url for entry in entries if (url := _page_url(entry.page, urls)))


def _all_pages() -> tuple[str, ...]:
    """The addresses of all pages of the navigation that this portal has."""
    return _pages_of(settings.ROOT_URLCONF)


def _shown(entries: tuple[Entry, ...], urls: str, verbs: frozenset[str], active: str, path: str = "") -> list[Link]:
    found = ((entry, _page_url(entry.page, urls)) for entry in entries if entry.is_for(verbs))
    return [
        Link(entry.label, url, entry.icon, url in (active, path), entry.about)
        for entry, url in found
        if url is not None
    ]


# Kept per process: nothing but the verbs and the page decides, never whose they are.
@lru_cache(maxsize=1000)
def _areas_of(urls: str, verbs: frozenset[str], active: str) -> tuple[tuple[Area, list[Link]], ...]:
    shown = ((area, _shown(area.entries, urls, verbs, active)) for area in AREAS)
    return tuple((area, links) for area, links in shown if links)


class Shell(Surroundings):
    """What base.html shows around a page for one request; everything is computed on first use."""

    name = settings.PORTAL_NAME
    district = settings.DISTRICT_NAME

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", None)

    @property
    def demo(self) -> bool:
        """True when the data are made up: every page says so."""
        return bool(settings.DEMO)

    @property
    def theme(self) -> str:
        """The appearance the user chose, ``light`` or ``dark``; "" follows the system."""
        chosen = self.request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in {"light", "dark"} else ""

    @property
    def large(self) -> bool:
        """True in large-text mode."""
        return self.request.COOKIES.get(LARGE_COOKIE) == "1"

    @cached_property
    def signed_in(self) -> bool:
        """True when somebody is signed in."""
        return bool(getattr(self.user, "is_authenticated", False))

    @cached_property
    def ready(self) -> bool:
        """True when the user may go anywhere, i.e. has no password to change first."""
        return self.signed_in and not self.user.must_change_password

    @cached_property
    def roles(self) -> str:
        """The user's roles in words."""
        return "、".join(Role(code).label for code in self.user.roles) if self.signed_in else ""

    def _links(self, entries: tuple[Entry, ...]) -> list[Link]:
        return _shown(entries, settings.ROOT_URLCONF, self.user.verbs, self.page, self.request.path)

    @cached_property
    def page(self) -> str:
        """The longest page of the navigation that the request's path lies under."""
        path = self.request.path
        above = [url for url in _all_pages() if path == url or (url != "/" and path.startswith(url))]
        return max(above, key=len, default="")

    @cached_property
    def areas(self) -> tuple[tuple[Area, list[Link]], ...]:
        """The areas in which this user works, each with its pages."""
        if not self.ready:
            return ()
        return _areas_of(settings.ROOT_URLCONF, self.user.verbs, self.page)

    @cached_property
    def area(self) -> tuple[Area, list[Link]] | None:
        """The area that this page belongs to, with its pages, as far as the user has it."""
        path = self.request.path
        return next(
            ((area, links) for area, links in self.areas if path == area.page or any(link.active for link in links)),
            None,
        )

    @cached_property
    def menu(self) -> list[Link]:
        """The side bar: home, reporting, and the areas; of an area with a single page that page."""
        if not self.ready:
            return []
        here = self.area[0].code if self.area else ""
        found = self._links(FIRST)
        for area, links in self.areas:
            if len(links) == 1:
                found.append(links[0])
            else:
                found.append(Link(area.label, area.page, area.icon, area.code == here))
        return found

    @property
    def area_label(self) -> str:
        """What the area of this page is called."""
        return self.area[0].label if self.area else ""

    @property
    def who(self) -> str:
        """The user's name."""
        return self.user.name if self.signed_in else ""

    @cached_property
    def words(self) -> list[Link]:
        """The pages of the area of this page, for the row of words under its title; none where there is no choice."""
        return self.area[1] if self.area and len(self.area[1]) > 1 and self.request.path != self.area[0].page else []

    @cached_property
    def field_worker(self) -> bool:
        """True for those who work from a phone in their grid or area."""
        return self.signed_in and not FIELD_ROLES.isdisjoint(self.user.roles)

    @cached_property
    def bar(self) -> list[Link]:
        """The phone's bottom bar, but for its last word, which opens the navigation."""
        if not self.ready:
            return []
        field = FIELD_BAR if Role.GRID in self.user.roles else AREA_BAR
        return self._links(field if self.field_worker else OFFICE_BAR)

    @property
    def searched(self) -> str:
        """What the page shows the results of: it stays in the search box."""
        return self.request.GET.get("q", "") if self.request.path == self.search_url else ""

    @cached_property
    def search_url(self) -> str | None:
        """Where the search box of the top bar leads; None: no box."""
        return page_url("/issues/") if self.ready and self.user.can(Verb.ISSUES_VIEW) else None

    @cached_property
    def inbox_url(self) -> str | None:
        """The user's inbox."""
        return page_url("inbox") if self.ready else None

    @cached_property
    def unread(self) -> str:
        """How many notices the user has not read: "", "7" or "99+" (one query)."""
        count = len(UNREAD(self.user.pk)) if self.ready else 0
        return f"{UNREAD_CAP}+" if count > UNREAD_CAP else str(count or "")


def portal(request: HttpRequest) -> dict[str, object]:
    """Template context of every page: ``portal``, see :class:`Shell`. Costs nothing until used."""
    return {"portal": Shell(request)}

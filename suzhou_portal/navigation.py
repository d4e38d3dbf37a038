"""What stands around every page: the navigation, the user's marks, the chosen appearance.

:data:`SECTIONS` is the whole navigation, in order. A user is shown an entry when some
post of theirs gives its verb. The page behind it checks the right again.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from suzhou_portal.accounts.roles import Role, Verb
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
    """A line of the navigation; ``page`` is a URL name or, for registers, a path.

    No ``verb``: for everybody. Several: for those who have one of them, where many may open a page and few need it.
    """

    label: str
    page: str
    icon: str
    verb: Verb | tuple[Verb, ...] | None = None

    def is_for(self, user: Any) -> bool:
        """True when ``user`` is shown it."""
        if self.verb is None:
            return True
        verbs = self.verb if isinstance(self.verb, tuple) else (self.verb,)
        return any(user.can(verb) for verb in verbs)


SECTIONS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry("首页", "home", "home"),
            Entry("统计分析", "/dashboard/", "chart-bar", Verb.FIGURES_VIEW),
            Entry("大屏", "/wall/", "device-desktop", Verb.FIGURES_VIEW),
        ),
    ),
    (
        "网格化治理",
        (
            Entry("上报事件", "/issues/new/", "plus", Verb.ISSUES_REPORT),
            Entry("网格事件", "/issues/", "list", Verb.ISSUES_VIEW),
            Entry("调处化解", "/grids/mediations/", "users", Verb.MEDIATIONS_VIEW),
            Entry("督办单", "/grids/supervisions/", "bell", Verb.ISSUES_VIEW),
            Entry("延期挂账", "/grids/clock-requests/", "history", Verb.ISSUES_VIEW),
            Entry("回访记录", "/grids/return-visits/", "phone", Verb.ISSUES_VIEW),
        ),
    ),
    (
        "片区巡查",
        (
            Entry("我的巡查", "patrol-home", "map-pin", Verb.PATROLS_WALK),
            Entry("巡查记录", "/grids/patrols/", "list", Verb.PATROLS_VIEW),
            Entry("巡查发现", "/grids/patrol-findings/", "search", Verb.PATROLS_VIEW),
            Entry("网格巡查情况", "/grids/patrol-route-grids/", "history", Verb.PATROLS_VIEW),
            Entry("巡查计划", "/grids/patrol-plans/", "calendar", Verb.PATROLS_VIEW),
        ),
    ),
    (
        "共建",
        (
            Entry("适合本单位的需求", "/covenants/needs/fitting/", "list", Verb.COVENANTS_UNIT),
            Entry("需求", "/covenants/needs/", "list", Verb.COVENANTS_VIEW),
            Entry("资源", "/covenants/offers/", "briefcase", Verb.COVENANTS_VIEW),
            Entry("共建协议", "/covenants/covenants/", "file-text", Verb.COVENANTS_VIEW),
            Entry("约定事项", "/covenants/commitments/", "list", Verb.COVENANTS_VIEW),
            Entry("履约记录", "/covenants/deliveries/", "history", Verb.COVENANTS_VIEW),
            Entry("评约结果", "/covenants/evaluations/", "chart-bar", Verb.COVENANTS_VIEW),
            Entry("共建单位", "/covenants/partners/", "users", Verb.FIGURES_VIEW),
        ),
    ),
    (
        "网格与队伍",
        (
            Entry("网格", "/grids/grids/", "layout-grid", Verb.PLACES_VIEW),
            Entry("网格长", "/grids/grid-posts/", "user-circle", Verb.ROSTERS_VIEW),
            Entry("名册维护", "/grids/grid-posts/import/", "upload", Verb.GRIDS_EDIT),
            Entry("片区", "/grids/areas/", "map", Verb.PLACES_VIEW),
            Entry("覆盖情况", "/grids/coverage/", "check", Verb.PLACES_VIEW),
            Entry("网格变动", "/grids/grid-changes/", "history", Verb.PLACES_VIEW),
        ),
    ),
    (
        "街道社区",
        (
            Entry("街道", "/streets/streets/", "building", Verb.PLACES_VIEW),
            Entry("社区", "/communities/communities/", "building-community", Verb.PLACES_VIEW),
            Entry("单位", "/streets/organisations/", "briefcase", Verb.ORGANISATIONS_VIEW),
        ),
    ),
    (
        "目录与规则",
        (
            Entry("事件分类", "/grids/issue-categories/", "category", Verb.CATALOGUES_VIEW),
            Entry("十查清单", "/grids/patrol-checklists/", "category", (Verb.PATROLS_VIEW, Verb.CATALOGUES_EDIT)),
            Entry("纠纷类型", "/grids/dispute-kinds/", "category", (Verb.MEDIATIONS_VIEW, Verb.CATALOGUES_EDIT)),
            Entry("路由规则", "/grids/routing-rules/", "send", Verb.ROUTING_VIEW),
            Entry("评约标准", "/covenants/rubrics/", "category", Verb.RUBRICS_EDIT),
            Entry("五个一事项", "/grids/five-ones/", "star", Verb.CATALOGUES_EDIT),
            Entry("环节时限", "/grids/step-limits/", "history", Verb.CATALOGUES_EDIT),
            Entry("办公时间", "/rules/office-hours/", "settings", Verb.CATALOGUES_EDIT),
            Entry("工作日历", "/rules/calendar-days/", "settings", Verb.CATALOGUES_EDIT),
            Entry("办理参数", "/rules/parameters/", "settings", Verb.CATALOGUES_EDIT),
        ),
    ),
    (
        "系统管理",
        (
            Entry("账号", "/accounts/users/", "users", Verb.ACCOUNTS_MANAGE),
            Entry("任职", "/accounts/assignments/", "key", Verb.ACCOUNTS_MANAGE),
            Entry("权限表", "role-table", "shield", Verb.ACCOUNTS_MANAGE),
            Entry("审计记录", "audit-list", "history", Verb.AUDIT_VIEW),
            Entry("运行状态", "operations", "settings", Verb.OPERATIONS_VIEW),
            Entry("消息投递", "operations-deliveries", "send", Verb.OPERATIONS_VIEW),
            Entry("联系方式清除", "contact-erasure", "shield", Verb.CONTACTS_ERASE),
        ),
    ),
)
# What is looked up now and then rather than worked in. Where a menu is long, these sections are folded.
LOOKED_UP = frozenset({"网格与队伍", "街道社区", "目录与规则"})
LONG_MENU = 14
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
    """An entry as a template needs it."""

    label: str
    url: str
    icon: str
    active: bool


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


@lru_cache(maxsize=4)
def _pages(urls: str) -> list[str]:
    """The pages of the navigation that this portal has."""
    found = (_page_url(entry.page, urls) for _title, entries in SECTIONS for entry in entries)
    return [url for url in found if url]


# The menus that have been drawn, by all that they depend on; the eldest goes first.
MENUS = 1000
_MENUS: dict[tuple[str, frozenset[str], str], SafeString] = {}


class Shell:
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
        active = (self._active, self.request.path)
        found = ((entry, page_url(entry.page)) for entry in entries if entry.is_for(self.user))
        return [Link(entry.label, url, entry.icon, url in active) for entry, url in found if url is not None]

    @cached_property
    def _active(self) -> str:
        """The longest page of the navigation that the request's path lies under."""
        path = self.request.path
        above = [url for url in _pages(settings.ROOT_URLCONF) if path == url or (url != "/" and path.startswith(url))]
        return max(above, key=len, default="")

    @property
    def sections(self) -> list[tuple[str, list[Link]]]:
        """The navigation of this user: (section, links), without empty sections."""
        if not self.ready:
            return []
        shown = ((title, self._links(entries)) for title, entries in SECTIONS)
        return [(title, links) for title, links in shown if links]

    @property
    def menu(self) -> SafeString:
        """The same as it stands in the navigation, of which nothing but the user's verbs and the page decides."""
        if not self.ready:
            return SafeString("")
        key = (settings.ROOT_URLCONF, self.user.verbs, self._active)
        if key not in _MENUS:
            while len(_MENUS) >= MENUS:
                _MENUS.pop(next(iter(_MENUS)), None)
            _MENUS[key] = get_template("partials/menu.html").render({"menu": self._folded()})
        return _MENUS[key]

    def _folded(self) -> list[tuple[str, list[Link], bool]]:
        """(section, links, whether it is folded). The section of this page stands open."""
        sections = self.sections
        is_long = sum(len(links) for _title, links in sections) > LONG_MENU and bool(self.search_url)
        return [
            (title, links, is_long and title in LOOKED_UP and not any(link.active for link in links))
            for title, links in sections
        ]

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

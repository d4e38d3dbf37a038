"""Roles and what each may do: the one table of the portal's rights.

A verb names something that a page, an endpoint or a workflow action asks for. A user may
do it where one of their current assignments gives the verb and covers the row. The table
is shown to the security administrator as it stands here (page 权限表).
"""

from django.db.models import TextChoices


class Role(TextChoices):
    """The roles of the portal (domain: "Who uses it")."""

    DISTRICT = "district_reviewer", "区委组织部"
    DEPARTMENT = "department_officer", "区直职能部门"
    STREET = "street_officer", "街道干部"
    COMMUNITY = "community_secretary", "社区书记/社区工作者"
    GRID = "grid_leader", "网格长"
    AREA = "area_leader", "片区长"
    UNIT = "unit_liaison", "共建单位联络员"
    AUDITOR = "auditor", "审计管理员"
    SECURITY = "security_admin", "安全管理员"
    SYSTEM = "system_admin", "系统管理员"


DISTRICT_ROLES = frozenset({Role.DISTRICT, Role.AUDITOR, Role.SECURITY, Role.SYSTEM})
ORGANISATION_ROLES = frozenset({Role.DEPARTMENT, Role.UNIT})
# 三员分立: whoever holds one of these holds no other role at the same time (district default).
ADMIN_ROLES = frozenset({Role.AUDITOR, Role.SECURITY, Role.SYSTEM})
# The business roles that stand on a place, from the top down.
PLACE_ROLES = (Role.DISTRICT, Role.STREET, Role.COMMUNITY, Role.GRID, Role.AREA)
# What kind of target an assignment of each role needs; None: the whole district.
ROLE_TARGET: dict[str, str | None] = {
    **dict.fromkeys(DISTRICT_ROLES, None),
    **dict.fromkeys(ORGANISATION_ROLES, "organisation"),
    Role.STREET: "street",
    Role.COMMUNITY: "community",
    Role.GRID: "grid",
    Role.AREA: "area",
}


class Verb(TextChoices):
    """Everything that needs a right."""

    ISSUES_VIEW = "issues.view", "查看网格事件"
    ISSUES_REPORT = "issues.report", "上报网格事件"
    ISSUES_KEEP = "issues.keep", "受理、派办、核查、办结、退回网格事件"
    ISSUES_HANDLE = "issues.handle", "处理、反馈派办给自己的网格事件"
    ISSUES_VOID = "issues.void", "作废、重开网格事件"
    MEDIATIONS_VIEW = "mediations.view", "查看调处化解"
    MEDIATIONS_REPORT = "mediations.report", "登记纠纷"
    MEDIATIONS_HANDLE = "mediations.handle", "受理、调解、归档纠纷"
    CONTACTS_REVEAL = "contacts.reveal", "查看反映人联系方式"
    CONTACTS_ERASE = "contacts.erase", "查看反映人联系方式到期清除情况"
    PLACES_VIEW = "places.view", "查看街道、社区、网格、片区"
    ROSTERS_VIEW = "rosters.view", "查看网格长名册"
    PLACES_EDIT = "places.edit", "维护街道、社区资料"
    GRIDS_EDIT = "grids.edit", "维护网格、网格长、片区"
    ORGANISATIONS_VIEW = "organisations.view", "查看单位"
    ORGANISATIONS_EDIT = "organisations.edit", "维护单位"
    CATALOGUES_VIEW = "catalogues.view", "查看事件分类等目录"
    CATALOGUES_EDIT = "catalogues.edit", "维护事件分类等目录"
    ROUTING_VIEW = "routing.view", "查看路由规则、试算"
    ROUTING_EDIT = "routing.edit", "维护路由规则"
    PATROLS_VIEW = "patrols.view", "查看片区巡查"
    PATROLS_WALK = "patrols.walk", "巡查片区、登记发现、确认整改"
    PATROLS_PLAN = "patrols.plan", "制定巡查计划，代为确认整改"
    FILTERS_SHARE = "filters.share", "在本级共享常用筛选，维护本级共享的筛选"
    COVENANTS_VIEW = "covenants.view", "查看共建需求、资源、协议"
    COVENANTS_PLACE = "covenants.place", "代表社区（街道）提需求、商谈、签约、确认履约、评约"
    COVENANTS_UNIT = "covenants.unit", "代表单位报资源、商谈、签约、履约、评约"
    NEEDS_RAISE = "needs.raise", "提出共建需求"
    RUBRICS_EDIT = "rubrics.edit", "维护评约标准"
    FIGURES_VIEW = "figures.view", "查看统计"
    ACCOUNTS_MANAGE = "accounts.manage", "管理账号、任职和权限"
    AUDIT_VIEW = "audit.view", "查看审计记录"
    OPERATIONS_VIEW = "operations.view", "查看运行状态、消息投递"
    NOTICES_RESEND = "notices.resend", "重发未送达的消息"


_READ = {
    Verb.ISSUES_VIEW,
    Verb.PLACES_VIEW,
    Verb.ROSTERS_VIEW,
    Verb.ORGANISATIONS_VIEW,
    Verb.CATALOGUES_VIEW,
    Verb.COVENANTS_VIEW,
    Verb.FIGURES_VIEW,
    Verb.PATROLS_VIEW,
}
_MEDIATE = {Verb.MEDIATIONS_VIEW, Verb.MEDIATIONS_REPORT, Verb.MEDIATIONS_HANDLE}

ROLE_VERBS: dict[str, frozenset[str]] = {
    Role.DISTRICT: frozenset(
        _READ
        | {Verb.ISSUES_REPORT, Verb.ISSUES_KEEP, Verb.ISSUES_VOID, Verb.PLACES_EDIT, Verb.GRIDS_EDIT}
        | {Verb.ORGANISATIONS_EDIT, Verb.CATALOGUES_EDIT, Verb.CONTACTS_REVEAL}
        | {Verb.ROUTING_VIEW, Verb.ROUTING_EDIT, Verb.FILTERS_SHARE, Verb.PATROLS_PLAN, Verb.RUBRICS_EDIT}
        | _MEDIATE
    ),
    Role.STREET: frozenset(
        _READ
        | {Verb.ISSUES_REPORT, Verb.ISSUES_KEEP, Verb.ISSUES_HANDLE, Verb.ISSUES_VOID}
        | {Verb.PLACES_EDIT, Verb.GRIDS_EDIT, Verb.ORGANISATIONS_EDIT, Verb.CONTACTS_REVEAL}
        | {Verb.ROUTING_VIEW, Verb.ROUTING_EDIT, Verb.FILTERS_SHARE, Verb.PATROLS_PLAN}
        | {Verb.COVENANTS_PLACE, Verb.NEEDS_RAISE}
        | _MEDIATE
    ),
    Role.COMMUNITY: frozenset(
        _READ
        | {Verb.ISSUES_REPORT, Verb.ISSUES_KEEP, Verb.ISSUES_HANDLE, Verb.ISSUES_VOID, Verb.GRIDS_EDIT}
        | {Verb.CONTACTS_REVEAL, Verb.FILTERS_SHARE, Verb.COVENANTS_PLACE, Verb.NEEDS_RAISE}
        | _MEDIATE
    ),
    Role.GRID: frozenset(
        {Verb.ISSUES_VIEW, Verb.ISSUES_REPORT, Verb.ISSUES_KEEP, Verb.ISSUES_HANDLE, Verb.CONTACTS_REVEAL}
        | {Verb.PLACES_VIEW, Verb.ROSTERS_VIEW, Verb.CATALOGUES_VIEW, Verb.FIGURES_VIEW, Verb.PATROLS_VIEW}
        | {Verb.COVENANTS_VIEW, Verb.NEEDS_RAISE}
        | _MEDIATE
    ),
    Role.AREA: frozenset(
        {Verb.ISSUES_VIEW, Verb.ISSUES_REPORT, Verb.PLACES_VIEW, Verb.ROSTERS_VIEW}
        | {Verb.CATALOGUES_VIEW, Verb.FIGURES_VIEW, Verb.PATROLS_VIEW, Verb.PATROLS_WALK}
        | {Verb.MEDIATIONS_VIEW, Verb.MEDIATIONS_REPORT}
    ),
    Role.DEPARTMENT: frozenset(
        {Verb.ISSUES_VIEW, Verb.ISSUES_HANDLE, Verb.ORGANISATIONS_VIEW, Verb.CATALOGUES_VIEW}
        | {Verb.COVENANTS_VIEW, Verb.COVENANTS_UNIT}
    ),
    Role.UNIT: frozenset(
        {Verb.ISSUES_VIEW, Verb.ISSUES_HANDLE, Verb.ORGANISATIONS_VIEW, Verb.CATALOGUES_VIEW}
        | {Verb.COVENANTS_VIEW, Verb.COVENANTS_UNIT}
    ),
    Role.AUDITOR: frozenset({Verb.AUDIT_VIEW}),
    Role.SECURITY: frozenset({Verb.ACCOUNTS_MANAGE, Verb.PLACES_VIEW, Verb.ORGANISATIONS_VIEW, Verb.CONTACTS_ERASE}),
    Role.SYSTEM: frozenset(
        {Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT, Verb.PLACES_VIEW, Verb.ORGANISATIONS_VIEW}
        | {Verb.OPERATIONS_VIEW, Verb.NOTICES_RESEND, Verb.CONTACTS_ERASE}
    ),
}

"""Numbers of ``grids/`` that the district may change (``suzhou_portal.rules.parameters``)."""

from suzhou_portal.rules.parameters import declare

CLIMB_GRACE = declare(
    "grids.climb_grace",
    "超期后自动升级的宽限",
    default=7,
    unit="工作小时",
    minimum=0,
    maximum=140,
    hint="事件超期满此时间仍未办结的，升级到上一级并发督办单；以后每满一次再升一级，直到区级。",
)
EXTENSIONS = declare(
    "grids.extensions",
    "一件最多延期的次数",
    default=2,
    unit="次",
    minimum=0,
    maximum=9,
)
EXTENSION_DAYS = declare(
    "grids.extension_days",
    "一次最多延长",
    default=10,
    unit="工作日",
    minimum=1,
    maximum=60,
)
SUSPENSION_DAYS = declare(
    "grids.suspension_days",
    "挂账最长",
    default=180,
    unit="天",
    minimum=1,
    maximum=365,
    hint="挂账期间不计时，到期自动恢复。",
)
SUPERVISION_REPLY = declare(
    "grids.supervision_reply",
    "督办单的回复期限",
    default=2,
    unit="工作日",
    minimum=1,
    maximum=30,
    hint="自发单之日的次日起算。",
)
CONTACT_MONTHS = declare(
    "grids.contact_months",
    "办结后保存反映人联系方式",
    default=6,
    unit="个月",
    minimum=1,
    maximum=60,
    hint="到期自动清除联系方式，以及办理记录中出现的姓名、电话；重开的事件自再次办结起算。平台默认值，可修改。",
)
REVEALS_PER_HOUR = declare(
    "grids.reveals_per_hour",
    "每人每小时查看反映人联系方式",
    default=20,
    unit="次",
    minimum=1,
    maximum=200,
    hint="超过的请稍后再看。平台默认值，可修改。",
)

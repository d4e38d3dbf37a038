"""What the district sets of reporters’ contacts."""

from suzhou_portal.rules.parameters import declare

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

"""What the district sets of rosters."""

from suzhou_portal.rules.parameters import declare

TELEPHONE_MONTHS = declare(
    "grids.telephone_months",
    "离任后保存网格长联系电话",
    default=6,
    unit="个月",
    minimum=1,
    maximum=60,
    hint="到期自动清除离任人员的联系电话，姓名和任期保留。平台默认值，可修改。",
)

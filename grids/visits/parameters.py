"""What the district sets of 回访."""

from suzhou_portal.rules.parameters import declare

VISIT_DAYS = declare(
    "grids.visit_days",
    "办结后的回访期限",
    default=5,
    unit="工作日",
    minimum=1,
    maximum=60,
    hint="热线工单等能联系到反映人的事件，办结后在此期限内列入“待回访”；自办结之日的次日起算。",
)

"""What the district sets of supervision."""

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
SUPERVISION_REPLY = declare(
    "grids.supervision_reply",
    "督办单的回复期限",
    default=2,
    unit="工作日",
    minimum=1,
    maximum=30,
    hint="自发单之日的次日起算。",
)

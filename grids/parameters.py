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
SUPERVISION_REPLY = declare(
    "grids.supervision_reply",
    "督办单的回复期限",
    default=2,
    unit="工作日",
    minimum=1,
    maximum=30,
    hint="自发单之日的次日起算。",
)
BULK_UNDO = declare(
    "grids.bulk_undo",
    "批量办理可撤回的时间",
    default=15,
    unit="分钟",
    minimum=1,
    maximum=240,
    hint="批量派办、交网格、办结之后，办理人可在此时间内整批撤回；已有后续办理的件不撤回。",
)

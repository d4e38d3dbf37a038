"""Numbers of commitments that the district may change (``suzhou_portal.rules.parameters``)."""

from suzhou_portal.rules.parameters import declare

REMIND_DAYS = declare(
    "covenants.remind_days",
    "约定事项到期前几日提醒",
    default=7,
    unit="日",
    minimum=0,
    maximum=60,
    hint="0 为不提醒。",
)

"""What the district sets of mediation."""

from suzhou_portal.rules.parameters import declare

MEDIATION_DAYS = declare(
    "grids.mediation_days",
    "纠纷调处的期限",
    default=10,
    unit="工作日",
    minimum=1,
    maximum=120,
    hint="自受理之日的次日起算。平台默认值，可修改。",
)

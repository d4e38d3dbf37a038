"""Numbers of the evaluation that the district may change (``suzhou_portal.rules.parameters``)."""

from suzhou_portal.rules.parameters import declare

EVALUATION_DAYS = declare(
    "covenants.evaluation_days",
    "评约的期限",
    default=15,
    unit="日",
    minimum=1,
    maximum=90,
    hint="自评约开始起算；到期未评的一方视为未评，已评的结果公开。",
)
EXCELLENT = declare("covenants.excellent", "评约“优秀”的最低分", default=90, unit="分", minimum=1, maximum=100)
GOOD = declare("covenants.good", "评约“良好”的最低分", default=80, unit="分", minimum=1, maximum=100)
QUALIFIED = declare("covenants.qualified", "评约“合格”的最低分", default=60, unit="分", minimum=1, maximum=100)

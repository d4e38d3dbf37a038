"""Numbers of matching that the district may change (``suzhou_portal.rules.parameters``)."""

from suzhou_portal.rules.parameters import declare

WEIGHT = "四项分值按占合计的比例起作用；0 为不考虑。"
MATCH_NEAR = declare(
    "covenants.match_near", "供需匹配：地点远近的分值", default=30, unit="分", maximum=100, hint=WEIGHT
)
MATCH_CAPACITY = declare(
    "covenants.match_capacity", "供需匹配：余量的分值", default=30, unit="分", maximum=100, hint=WEIGHT
)
MATCH_PERIOD = declare(
    "covenants.match_period", "供需匹配：时间的分值", default=20, unit="分", maximum=100, hint=WEIGHT
)
MATCH_PAST = declare(
    "covenants.match_past", "供需匹配：履约情况的分值", default=20, unit="分", maximum=100, hint=WEIGHT
)
PAST_MONTHS = declare(
    "covenants.past_months",
    "供需匹配：看单位近几个月的履约情况",
    default=12,
    unit="个月",
    minimum=1,
    maximum=60,
    hint="只计期内到期的约定事项。",
)
NEED_DAYS = declare(
    "covenants.need_days",
    "认领没有写明期限的需求，几日内完成",
    default=90,
    unit="日",
    minimum=1,
    maximum=365,
    hint="写入第一稿，商谈中可改。",
)

"""Numbers of ``covenants/`` that the district may change (``suzhou_portal.rules.parameters``)."""

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
REMIND_DAYS = declare(
    "covenants.remind_days",
    "约定事项到期前几日提醒",
    default=7,
    unit="日",
    minimum=0,
    maximum=60,
    hint="0 为不提醒。",
)
EXCELLENT = declare("covenants.excellent", "评约“优秀”的最低分", default=90, unit="分", minimum=1, maximum=100)
GOOD = declare("covenants.good", "评约“良好”的最低分", default=80, unit="分", minimum=1, maximum=100)
QUALIFIED = declare("covenants.qualified", "评约“合格”的最低分", default=60, unit="分", minimum=1, maximum=100)
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
TERM_MONTHS = declare(
    "covenants.term_months",
    "新协议的期限",
    default=12,
    unit="个月",
    minimum=1,
    maximum=60,
    hint="写入第一稿，商谈中可改。",
)
FILES = declare("covenants.files", "一份协议、一条履约记录的附件数上限", default=12, unit="个", minimum=1, maximum=50)
FILE_MEGABYTES = declare(
    "covenants.file_megabytes", "一份协议、一条履约记录的附件总大小上限", default=60, unit="MB", minimum=5, maximum=500
)
ERASE_MONTHS = declare(
    "covenants.erase_months",
    "协议结束后几个月清除含个人信息的附件",
    default=6,
    unit="个月",
    minimum=1,
    maximum=60,
    hint="只清除上传时注明含个人信息的照片和文件。",
)

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
EXTENSION_LONGEST = declare(
    "grids.extension_longest",
    "一次延期的最长时间",
    default=10,
    unit="工作日",
    minimum=1,
    maximum=250,
)
EXTENSIONS_MOST = declare(
    "grids.extensions_most",
    "一件事件延期的最多次数",
    default=2,
    unit="次",
    minimum=0,
    maximum=20,
    hint="重开后重新计算。0 为不许延期。",
)
SUSPENSION_LONGEST = declare(
    "grids.suspension_longest",
    "一次挂账的最长时间",
    default=90,
    unit="天",
    minimum=1,
    maximum=366,
    hint="按自然日计算，到期自动恢复办理。",
)
ISSUE_FILES = declare(
    "grids.issue_files",
    "每件网格事件的附件数上限",
    default=20,
    unit="个",
    minimum=0,
    maximum=100,
    hint="照片和文档合计；填 0 则不接收附件。",
)
ISSUE_FILE_MEGABYTES = declare(
    "grids.issue_file_megabytes",
    "每件网格事件的附件总大小上限",
    default=50,
    unit="MB",
    minimum=1,
    maximum=500,
    hint="按保存后的大小计算。",
)
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
BULK_UNDO = declare(
    "grids.bulk_undo",
    "批量办理可撤回的时间",
    default=15,
    unit="分钟",
    minimum=1,
    maximum=240,
    hint="批量派办、交网格、办结之后，办理人可在此时间内整批撤回；已有后续办理的件不撤回。",
)
VISIT_DAYS = declare(
    "grids.visit_days",
    "办结后的回访期限",
    default=5,
    unit="工作日",
    minimum=1,
    maximum=60,
    hint="热线工单等能联系到反映人的事件，办结后在此期限内列入“待回访”；自办结之日的次日起算。",
)
PATROL_FILES = declare(
    "grids.patrol_files",
    "每条巡查发现的照片数上限",
    default=6,
    unit="张",
    minimum=0,
    maximum=20,
    hint="即查即改的整改前后照片，选填；填 0 则不接收。平台默认值，可修改。",
)
PATROL_FILE_MEGABYTES = declare(
    "grids.patrol_file_megabytes",
    "每条巡查发现的照片总大小上限",
    default=20,
    unit="MB",
    minimum=1,
    maximum=200,
    hint="按保存后的大小计算。平台默认值，可修改。",
)
FIVE_ONE_FILES = declare(
    "grids.five_one_files",
    "每项“五个一”的附件数上限",
    default=6,
    unit="个",
    minimum=0,
    maximum=30,
    hint="照片都可以不传；填 0 则不接收附件。平台默认值，可修改。",
)
FIVE_ONE_FILE_MEGABYTES = declare(
    "grids.five_one_file_megabytes",
    "每项“五个一”的附件总大小上限",
    default=20,
    unit="MB",
    minimum=1,
    maximum=200,
    hint="按保存后的大小计算。平台默认值，可修改。",
)
MEDIATION_DAYS = declare(
    "grids.mediation_days",
    "纠纷调处的期限",
    default=10,
    unit="工作日",
    minimum=1,
    maximum=120,
    hint="自受理之日的次日起算。平台默认值，可修改。",
)

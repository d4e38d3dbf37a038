"""What the district sets of extensions and suspensions."""

from suzhou_portal.rules.parameters import declare

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

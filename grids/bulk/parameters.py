"""What the district sets of bulk steps."""

from suzhou_portal.rules.parameters import declare

BULK_UNDO = declare(
    "grids.bulk_undo",
    "批量办理可撤回的时间",
    default=15,
    unit="分钟",
    minimum=1,
    maximum=240,
    hint="批量派办、交网格、办结之后，办理人可在此时间内整批撤回；已有后续办理的件不撤回。",
)

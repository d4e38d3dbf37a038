"""What the district sets of attachments of issues (``suzhou_portal.rules.parameters``)."""

from suzhou_portal.rules.parameters import declare

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

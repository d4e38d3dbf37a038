"""What the district sets of evidence of the 五个一."""

from suzhou_portal.rules.parameters import declare

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

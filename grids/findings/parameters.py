"""What the district sets of photos of findings."""

from suzhou_portal.rules.parameters import declare

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

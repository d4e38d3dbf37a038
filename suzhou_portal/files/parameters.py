"""Limits of attachments that the district may change (``suzhou_portal.rules.parameters``).

No source sets these numbers: they are the platform's defaults. ``FILE_HARD_LIMIT`` of the
settings is what no file may exceed, whatever stands here.
"""

from suzhou_portal.rules.parameters import declare

MOST_MEGABYTES = 20

PHOTO_MEGABYTES = declare(
    "files.photo_megabytes",
    "单张照片的大小上限",
    default=15,
    unit="MB",
    minimum=1,
    maximum=MOST_MEGABYTES,
    hint="指上传时的大小；保存时会压缩并去除拍摄信息。",
)
DOCUMENT_MEGABYTES = declare(
    "files.document_megabytes",
    "单个文档的大小上限",
    default=10,
    unit="MB",
    minimum=1,
    maximum=MOST_MEGABYTES,
    hint="PDF、Word（docx）、Excel（xlsx）。",
)
PHOTO_SIDE = declare(
    "files.photo_side",
    "保存照片的最长边",
    default=2000,
    unit="像素",
    minimum=800,
    maximum=4000,
    hint="更大的照片保存时缩小到此尺寸。",
)
PHOTO_MEGAPIXELS = declare(
    "files.photo_megapixels",
    "照片的像素上限",
    default=50,
    unit="百万像素",
    minimum=5,
    maximum=120,
    hint="超过的照片不接收：解开后会占用过多内存。",
)

"""Numbers of agreements that the district may change (``suzhou_portal.rules.parameters``)."""

from suzhou_portal.rules.parameters import declare

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

"""Numbers of the notices that the district may change (``suzhou_portal.rules.parameters``)."""

from suzhou_portal.rules.parameters import declare

MAX_ATTEMPTS = declare(
    "notices.max_attempts",
    "消息推送最多尝试",
    default=8,
    unit="次",
    minimum=1,
    maximum=20,
    hint="仍未送达的转入“消息投递”，由系统管理员查看和重发。站内收件箱不受影响。",
)
RETRY_AFTER = declare(
    "notices.retry_after",
    "消息推送失败后首次重试的间隔",
    default=30,
    unit="秒",
    minimum=1,
    maximum=3600,
    hint="以后每次加倍，最长一小时。",
)
GATHERING = declare(
    "notices.gathering",
    "同类消息合并推送的等待时间",
    default=60,
    unit="秒",
    minimum=0,
    maximum=600,
    hint="此时间内同一人收到的同一类办理消息合为一条推送；其间撤回的不再推送。站内收件箱不受影响。",
)
DIGEST_HOUR = declare(
    "notices.digest_hour",
    "每日待办的发送时间",
    default=8,
    unit="时",
    minimum=6,
    maximum=17,
    hint="每个工作日此时起发送，只发当日的；没有待办的不发。",
)
KEEP_DELIVERIES = declare(
    "notices.keep_deliveries", "已送达的推送记录保留", default=30, unit="天", minimum=1, maximum=3650
)
KEEP_READ = declare("notices.keep_read", "已读消息保留", default=365, unit="天", minimum=30, maximum=3650)
KEEP_UNREAD = declare(
    "notices.keep_unread", "未读消息和未送达的推送记录保留", default=1095, unit="天", minimum=30, maximum=3650
)

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class NoticesConfig(AppConfig):
    name = "suzhou_portal.notices"
    label = "notices"
    verbose_name = "消息"

    def ready(self) -> None:
        """Take the messages of cases; refuse to start with a channel that would leak or never work."""
        from suzhou_portal.lib.cases import telling  # noqa: PLC0415
        from suzhou_portal.notices.channels import configured  # noqa: PLC0415 -- needs the app registry
        from suzhou_portal.notices.channels.webhook import WebhookChannel, refusal  # noqa: PLC0415
        from suzhou_portal.notices.services import enqueue  # noqa: PLC0415
        from suzhou_portal.notices.withdrawing import withdraw  # noqa: PLC0415

        telling.connect(enqueue, withdraw)
        if nameless := [name for name, path in settings.PORTAL_NOTICE_CHANNELS.items() if not path]:
            raise ImproperlyConfigured(f"PORTAL_NOTICE_CHANNELS: no class is named for {', '.join(nameless)}.")
        if any(isinstance(channel, WebhookChannel) for channel in configured().values()):
            problem = refusal(settings.PORTAL_NOTICE_WEBHOOK_URL, settings.PORTAL_NOTICE_WEBHOOK_SECRET)
            if problem:
                raise ImproperlyConfigured(problem)

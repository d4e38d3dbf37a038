from django.apps import AppConfig

from suzhou_portal.lib import topics


class DashboardsConfig(AppConfig):
    name = "suzhou_portal.dashboards"
    label = "dashboards"
    verbose_name = "统计"
    # The lowest first: a topic imports only from those before it.
    topics = ("places", "figures", "board", "home", "hubs", "palette", "demo")

    def ready(self) -> None:
        """The last of our apps: what topics hang on lower ones is there before the first request."""
        topics.found("workflow")
        topics.found("hooks")

from django.apps import AppConfig


class CommunitiesConfig(AppConfig):
    name = "communities"
    verbose_name = "社区"
    # The lowest first: a topic imports only from those before it.
    topics = ("directory",)

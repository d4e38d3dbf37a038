from django.apps import AppConfig


class StreetsConfig(AppConfig):
    name = "streets"
    verbose_name = "街道"
    # The lowest first: a topic imports only from those before it.
    topics = ("hub", "organisations")

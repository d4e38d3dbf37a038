from django.apps import AppConfig, apps
from django.db.models.signals import post_save

NAMED_MODELS = (
    "streets.Street",
    "streets.Organisation",
    "communities.Community",
    "grids.Grid",
    "grids.IssueCategory",
)


class GridsConfig(AppConfig):
    name = "grids"
    verbose_name = "网格"

    def ready(self) -> None:
        """Names that are kept for lists are dropped when one of them changes."""
        from grids import names  # noqa: PLC0415 -- needs the app registry

        for label in NAMED_MODELS:
            post_save.connect(names.forget, sender=apps.get_model(label), dispatch_uid=f"grids.names.{label}")

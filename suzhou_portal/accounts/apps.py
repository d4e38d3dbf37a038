from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate


def install_database_rules(using: str, **kwargs: object) -> None:
    """Make the triggers and search indexes that models ask for (see ``lib.rows.triggers``, ``lib.text.search``)."""
    from suzhou_portal.lib.rows import triggers  # noqa: PLC0415 -- needs the app registry
    from suzhou_portal.lib.text import search  # noqa: PLC0415 -- needs the app registry

    connection = connections[using]
    tables = set(connection.introspection.table_names())
    models = [model for model in apps.get_models() if model._meta.db_table in tables]
    triggers.install(connection, models)
    for model in models:
        if key := getattr(model, "search_key", None):
            search.install_search(connection, model._meta.db_table, key)


class AccountsConfig(AppConfig):
    name = "suzhou_portal.accounts"
    label = "accounts"
    verbose_name = "账号与权限"

    def ready(self) -> None:
        post_migrate.connect(install_database_rules, sender=self)

from django.apps import AppConfig


class CovenantsConfig(AppConfig):
    name = "covenants"
    verbose_name = "共建"
    # The lowest first: a topic imports only from those before it. Steps stand in this order, too.
    topics = (
        *("waiting", "lists", "agreements", "deliveries", "matching", "evaluation"),
        *("page", "drafting", "overview"),
    )

from django.apps import AppConfig


class GridsConfig(AppConfig):
    name = "grids"
    verbose_name = "网格"
    # The lowest first: a topic imports only from those before it. Steps stand in this order, too.
    topics = (
        *("categories", "places", "limits", "issues", "tallies", "searching", "parts", "merging"),
        *("supervision", "clock", "routing", "correcting", "reporters", "visits", "entry", "lists"),
        *("saved", "bulk", "desk", "day_list", "five_ones", "changes", "coverage", "rosters"),
        *("grid_page", "signs", "page", "phone", "checklists", "patrols", "findings", "rounds"),
        "mediation",
    )

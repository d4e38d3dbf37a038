from django.apps import AppConfig


class CovenantsConfig(AppConfig):
    name = "covenants"
    verbose_name = "共建"

    def ready(self) -> None:
        """Add the steps of co-building to the table of issues."""
        from covenants.issues import TRANSITIONS  # noqa: PLC0415 -- models are there from now on
        from grids.issues.workflow import WORKFLOW  # noqa: PLC0415 -- the same

        WORKFLOW.extend(*TRANSITIONS)

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save

from suzhou_portal.lib import topics


class RulesConfig(AppConfig):
    name = "suzhou_portal.rules"
    label = "rules"
    verbose_name = "办理规则"

    def ready(self) -> None:
        """A changed parameter or calendar is known to all processes at once; every declared parameter has its row.
        Cases ask us for what the district has set.
        """
        from suzhou_portal.lib.cases import erasing  # noqa: PLC0415 -- needs the app registry
        from suzhou_portal.rules import calendars, parameters  # noqa: PLC0415 -- needs the app registry
        from suzhou_portal.rules.models import CalendarDay, OfficeHours, Parameter  # noqa: PLC0415

        topics.found("parameters")
        erasing.connect(parameters.parameter)
        post_save.connect(parameters.KEPT.forget, sender=Parameter, dispatch_uid="rules.parameters")
        for model in (OfficeHours, CalendarDay):
            post_save.connect(calendars.KEPT.forget, sender=model, dispatch_uid=f"rules.{model.__name__}")
        post_migrate.connect(parameters.store_missing, sender=self, dispatch_uid="rules.parameters")

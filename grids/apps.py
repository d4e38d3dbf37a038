from django.apps import AppConfig, apps
from django.db.models.signals import post_save

RULE_MODELS = (
    *("streets.Street", "streets.Organisation", "communities.Community"),
    *("grids.Grid", "grids.IssueCategory", "grids.RoutingRule"),
)
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
        """Names that are kept for lists are dropped when one of them changes; the trail knows our actions."""
        from grids import coverage, names, routing, step_limits  # noqa: PLC0415 -- needs the app registry
        from grids.models import DisputeKind, FiveOne, GridChange, PatrolPlan, StepLimit  # noqa: PLC0415
        from grids.services import mediations, patrol_plans, reclock  # noqa: F401, PLC0415 -- disputes go along, too
        from grids.workflow import to_mediation  # noqa: PLC0415
        from suzhou_portal.audit.describing import name_actions  # noqa: PLC0415
        from suzhou_portal.rules.calendars import FORESEEN  # noqa: PLC0415

        for label in NAMED_MODELS:
            post_save.connect(names.forget, sender=apps.get_model(label), dispatch_uid=f"grids.names.{label}")
        post_save.connect(step_limits.KEPT.forget, sender=StepLimit, dispatch_uid="grids.step_limits")
        post_save.connect(to_mediation.KINDS.forget, sender=DisputeKind, dispatch_uid="grids.dispute_kinds")
        post_save.connect(coverage.SLOTS.forget, sender=FiveOne, dispatch_uid="grids.five_ones")
        post_save.connect(patrol_plans.RHYTHMS_IN_USE.forget, sender=PatrolPlan, dispatch_uid="grids.patrol_rhythms")
        FORESEEN.connect(reclock.foresee, dispatch_uid="grids.reclock")
        for label in RULE_MODELS:
            post_save.connect(routing.forget, sender=apps.get_model(label), dispatch_uid=f"grids.routing.{label}")
        actions = {"report": "上报", "move": "随网格变动转移", "call": "吹哨", "part": "拆分出分办件"}
        actions["go_along"] = "随总件更正地点"
        name_actions({f"issue.{action}": label for action, label in actions.items()}, group="网格事件")
        name_actions({f"grid.{kind}": label for kind, label in GridChange.Kind.choices}, group="网格变动")

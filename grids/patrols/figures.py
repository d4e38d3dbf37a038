"""Figures of patrols, counted from the rows of their registers."""

from suzhou_portal.lib.registers.figures import RowFigure, declare

declare(
    RowFigure(
        code="patrol_overdue_share",
        name="久未巡查",
        group="片区巡查",
        unit="%",
        register="patrol-route-grids",
        numerator={"overdue": "true"},
        denominator={},
        definition="现行巡查计划路线中，上次巡查距今超过计划周期的网格 ÷ 路线中的全部网格。",
        dated=False,
    ),
)

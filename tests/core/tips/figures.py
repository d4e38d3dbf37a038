"""How many tips there are."""

from suzhou_portal.lib.registers.figures import RowFigure, declare

declare(
    RowFigure(
        code="tips_counted",
        name="线索",
        group="线索",
        unit="条",
        register="tips",
        numerator={},
        definition="全部线索。",
        dated=False,
    )
)

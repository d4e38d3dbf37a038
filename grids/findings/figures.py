"""Figures of what patrols find (即查即改率 …), counted from the rows of the register."""

from suzhou_portal.lib.registers.figures import RowFigure, declare

KEPT = {"kept": "true"}
PATROLS = "片区巡查"

declare(
    RowFigure(
        code="patrol_findings",
        name="巡查发现",
        group=PATROLS,
        unit="处",
        register="patrol-findings",
        numerator=KEPT,
        definition="期内片区巡查登记的问题，不含已撤回的。",
    ),
    RowFigure(
        code="fixed_on_spot_rate",
        name="即查即改率",
        group=PATROLS,
        unit="%",
        register="patrol-findings",
        numerator={**KEPT, "handling": "on_spot"},
        denominator=KEPT,
        definition="期内巡查发现、现场即查即改的问题 ÷ 期内巡查发现的问题，不含已撤回的。",
    ),
    RowFigure(
        code="patrol_confirmed_rate",
        name="交办确认率",
        group=PATROLS,
        unit="%",
        register="patrol-findings",
        numerator={**KEPT, "handed": "true", "status": "confirmed"},
        denominator={**KEPT, "handed": "true"},
        definition="期内巡查交办、督办的问题中，已由片区长确认整改的 ÷ 期内巡查交办、督办的问题（平台口径）。",
        ripens=True,
    ),
)

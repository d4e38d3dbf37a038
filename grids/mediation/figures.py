"""Figures of mediation, counted from the rows of the register."""

from suzhou_portal.lib.registers.figures import RowFigure, declare

MEDIATION = "调处化解"
declare(
    RowFigure(
        code="mediation_success_rate",
        name="调处化解成功率",
        group=MEDIATION,
        unit="%",
        register="mediations",
        numerator={"outcome": "succeeded"},
        denominator={"counted": "true"},
        definition="期内结束的纠纷：调解成功 ÷（调解成功 + 调解不成）。"
        "当事人撤回、转其他途径的不计；重开的按再次结束计。",
        ripens=True,
    ),
    RowFigure(
        code="mediations_ended",
        name="调处结束数",
        group=MEDIATION,
        unit="件",
        register="mediations",
        numerator={"running": "false"},
        definition="期内结束的纠纷，含当事人撤回和转其他途径。",
        ripens=True,
    ),
    RowFigure(
        code="mediations_running",
        name="在调纠纷数",
        group=MEDIATION,
        unit="件",
        register="mediations",
        numerator={"running": "true"},
        definition="已登记而尚未结束的纠纷。现时数，不随统计期变化。",
        dated=False,
    ),
)

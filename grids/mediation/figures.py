"""Figures of mediation, counted from the rows of the register."""

from functools import partial

from suzhou_portal.lib.registers.figures import RowFigure, declare

figure = partial(RowFigure, group="调处化解", register="mediations")
declare(
    figure(
        code="mediation_success_rate",
        name="调处化解成功率",
        unit="%",
        numerator={"outcome": "succeeded"},
        denominator={"counted": "true"},
        definition="期内结束的纠纷：调解成功 ÷（调解成功 + 调解不成）。"
        "当事人撤回、转其他途径的不计；重开的按再次结束计。",
        ripens=True,
    ),
    figure(
        code="mediations_ended",
        name="调处结束数",
        unit="件",
        numerator={"running": "false"},
        definition="期内结束的纠纷，含当事人撤回和转其他途径。",
        ripens=True,
    ),
    figure(
        code="mediations_running",
        name="在调纠纷数",
        unit="件",
        numerator={"running": "true"},
        definition="已登记而尚未结束的纠纷。现时数，不随统计期变化。",
        dated=False,
    ),
)

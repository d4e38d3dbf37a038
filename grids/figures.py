"""Figures that are counted from the rows of registers of ``grids/`` (``lib.registers.figures``)."""

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
    RowFigure(
        code="patrol_overdue_share",
        name="久未巡查",
        group=PATROLS,
        unit="%",
        register="patrol-route-grids",
        numerator={"overdue": "true"},
        denominator={},
        definition="现行巡查计划路线中，上次巡查距今超过计划周期的网格 ÷ 路线中的全部网格。",
        dated=False,
    ),
)

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

COVERAGE = (
    ("leader_coverage", "网格长覆盖率", "leader", "今天有网格长在任的现行网格 ÷ 现行网格。"),
    ("branch_coverage", "网格党支部覆盖率", "branch", "已建网格党支部的现行居民小组 ÷ 现行居民小组。"),
    ("party_group_coverage", "楼栋党小组覆盖率", "group", "已建党小组的现行楼栋 ÷ 现行楼栋。"),
    (
        "chat_coverage",
        "微信群覆盖率",
        "chat",
        "本网格或所属上级网格建有微信群的末级网格 ÷ 没有下级的现行网格；只记群数，不记成员。",
    ),
    (
        "five_ones_coverage",
        "“五个一”建成率",
        "five",
        "应建“五个一”的现行网格中各项都已建成的 ÷ 应建的现行网格；事项为平台默认，可修改。",
    ),
)
declare(
    *(
        RowFigure(
            code=code,
            name=name,
            group="网格覆盖",
            unit="%",
            register="grids",
            numerator={"current": "true", "has": aspect},
            denominator={"current": "true", "asked": aspect},
            definition=definition,
            dated=False,
        )
        for code, name, aspect, definition in COVERAGE
    )
)

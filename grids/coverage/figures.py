"""Figures of coverage, counted from the rows of the register of grids."""

from suzhou_portal.lib.registers.figures import RowFigure, declare

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

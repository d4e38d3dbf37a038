"""Figures of co-building, counted from the rows of the registers; definitions say which 履约率 is meant:
the article says "over 50 %" without saying of what.
"""

from suzhou_portal.lib.registers.figures import RowFigure, declare

GROUP = "共建履约"
DUE, ALL = {"due": "true", "cancelled": "false"}, {"cancelled": "false"}
SOURCE = "来源：共建协议的约定事项，已取消的不计。"
COMMON = {"group": GROUP, "register": "commitments", "dated": False, "by_grid": False}


def _kind(code: str, name: str, unit: str, kind: str, **more: str) -> RowFigure:
    definition = f"已签共建协议约定的{name.removeprefix('约定')}。{SOURCE}"
    return RowFigure(
        code=code, name=name, unit=unit, numerator={**ALL, "kind": kind}, definition=definition, **COMMON, **more
    )


declare(
    RowFigure(
        code="engaged_units",
        name="签约单位",
        group=GROUP,
        unit="个",
        register="partners",
        numerator={},
        definition="签过共建协议的单位，一个单位与几个社区签约只计一次。来源：共建协议。",
        dated=False,
        by_grid=False,
    ),
    _kind("agreed_tasks", "约定实事", "件", "task"),
    _kind("agreed_projects", "约定服务项目", "个", "project"),
    _kind("agreed_funds", "约定资金", "万元", "funds", total="amount"),
    RowFigure(
        code="fulfilment_rate",
        name="履约率",
        unit="%",
        numerator={**DUE, "fulfilled": "true"},
        denominator=DUE,
        definition=f"到今天已到期的约定事项中，全部交付并经对方确认的 ÷ 已到期的。{SOURCE}",
        **COMMON,
    ),
    RowFigure(
        code="completion_rate",
        name="总完成率",
        unit="%",
        numerator={**ALL, "fulfilled": "true"},
        denominator=ALL,
        definition=f"全部交付并经对方确认的约定事项 ÷ 全部约定事项，不论是否到期。{SOURCE}",
        **COMMON,
    ),
    RowFigure(
        code="fulfilment_progress",
        name="履约进度",
        unit="%",
        numerator=DUE,
        denominator=DUE,
        total="progress",
        definition=f"已到期的约定事项各按数量、节点、金额的完成比例（至多 1）相加 ÷ 已到期的。{SOURCE}",
        **COMMON,
    ),
    RowFigure(
        code="funds_paid_rate",
        name="资金到位率",
        unit="%",
        numerator={**ALL, "kind": "funds"},
        denominator={**ALL, "kind": "funds"},
        total="done_amount",
        base="amount",
        definition=f"已确认到位的金额 ÷ 约定的金额（元）。{SOURCE}",
        **COMMON,
    ),
)

"""What may be agreed on: the kinds, and how much of them is said."""

from decimal import Decimal

from django.db import models


class CommitmentKind(models.TextChoices):
    """The three kinds of the article: 983 实事, 57 服务项目, 211.4 万元 资金."""

    TASK = "task", "实事"
    PROJECT = "project", "服务项目"
    FUNDS = "funds", "资金"


def measured(kind: str, quantity: Decimal | None, unit: str, amount: Decimal | None) -> str:
    """A quantity or an amount of money as people write it: "3 盏", "1,000.00 元"; "" for neither."""
    if kind == CommitmentKind.FUNDS:
        return "" if amount is None else f"{amount:,.2f} 元"
    if quantity is None:
        return ""
    plain = f"{quantity:,.2f}".rstrip("0").rstrip(".")
    return f"{plain} {unit}".strip()

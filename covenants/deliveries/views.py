"""The page of a delivery: what was delivered, its evidence, and what one may do with it."""

from typing import Any

from covenants.deliveries.lines import delivery_buttons
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.cases.pages import ActPage, CasePage


class DeliveryPage(CasePage):
    """See the module."""

    beside = ()  # there is no column beside

    def context(self, failed: Action | None = None) -> dict[str, Any]:
        """See the base."""
        row = self.obj
        return {**super().context(failed), "delivery": row, "covenant": row.commitment.covenant}

    def actions(self, failed: Action | None = None) -> list[Action]:
        """As they stand among the promises."""
        return delivery_buttons(self.obj, self.request.user, failed, self.suffix)


class DeliveryAct(ActPage):
    """A step; back to where the delivery stands among the promises."""

    def onward(self, row: Any) -> str:
        """See the base."""
        return str(row.commitment.get_absolute_url())

    def said(self, row: Any, transition: Any) -> str:
        """See the base."""
        return f"已{transition.label}：{row.commitment}。"

"""Registers of commitments and deliveries. Workflows alone write these rows, so none is edited here."""

from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from covenants.deliveries.api import CommitmentViewSet, DeliveryViewSet
from covenants.deliveries.lines import STATE_WORDS, done_words, promised_words
from covenants.deliveries.models import Commitment, Delivery
from covenants.deliveries.parameters import REMIND_DAYS
from covenants.deliveries.views import DeliveryAct, DeliveryPage
from covenants.deliveries.waits import CONFIRM, LATE, MEND, OWED, SOON
from covenants.deliveries.workflow import DELIVERIES
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Awaited, Case
from suzhou_portal.lib.registers import Link, Related, site
from suzhou_portal.lib.registers.filters import Condition
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.rules.parameters import parameter


def due() -> Q:
    """What had to be done by today."""
    return Q(due_on__lte=timezone.localdate())


def late() -> Q:
    """Done after its day, or not done though its day has passed."""
    return Q(fulfilled_on__gt=F("due_on")) | Q(fulfilled_on=None, due_on__lt=timezone.localdate())


@site.register
class CommitmentRegister(Awaited):
    """约定事项. Made and changed by drafts that both sides accepted; how much is done follows from deliveries."""

    model = Commitment
    name = "commitments"
    view_verb = Verb.COVENANTS_VIEW
    title_column = "title"
    columns = ("title", "done", "due_on", "state", "unit", "community")
    more_columns = (
        *("kind", "promised", "number", "street", "fulfilled_on", "amount", "quantity", "unit_word", "done_amount"),
        *("done_quantity", "need"),
    )
    details = ("done", "due_on", "state", "fulfilled_on", "kind", "unit", "community", "number", "need")
    computed = {
        "promised": Computed("约定", promised_words),
        "done": Computed(
            "已确认／约定",
            done_words,
            tells=("promised", "amount", "quantity", "unit_word", "done_amount", "done_quantity"),
        ),
        "state": Computed(
            "进度",
            lambda row: STATE_WORDS[row.state(timezone.localdate(), parameter(REMIND_DAYS))],
            quiet=STATE_WORDS["normal"],
        ),
        "number": Computed("协议编号", lambda row: row.covenant.number, order="covenant__number"),
        "unit": Computed(
            "共建单位", lambda row: row.covenant.organisation, order="covenant__organisation__code", by="organisation"
        ),
        "community": Computed("社区", lambda row: row.covenant.community, order="covenant__community__code"),
        "street": Computed("街道", lambda row: row.covenant.street, order="covenant__street__code"),
        "unit_word": Computed("计量单位", lambda row: row.unit, order="unit"),
    }
    filters = (
        *("kind", "due", "fulfilled", "late", "cancelled"),
        *("covenant", "organisation", "street", "community"),
    )
    paths = {
        "organisation": "covenant__organisation",
        "street": "covenant__street",
        "community": "covenant__community",
    }
    open_filters = ("waiting", "late", "organisation", "community", "kind")
    period = "due_on"
    conditions = {  # what the figures of fulfilment are made of (``overview/figures.py``)
        "due": Condition("已到期", due),
        "fulfilled": Condition("已履约", Q(fulfilled_on__isnull=False)),
        "late": Condition("超期（含已补办）", late),
        "cancelled": Condition("已取消", Q(is_cancelled=True)),
    }
    waits = (LATE, SOON, OWED)
    named_by, told_by = "covenant__number", "title"
    acted_at = ("/covenants/covenants/", "covenant__number")
    search = ("title", "covenant__number", "covenant__title", "covenant__organisation__name")
    related = (Related("deliveries", "commitment"),)
    long = True
    viewset_class = CommitmentViewSet

    def queryset(self) -> Any:
        """With the covenant and its parties."""
        parties = ("covenant__organisation", "covenant__community", "covenant__street")
        return super().queryset().select_related("need", *parties)

    def links(self, obj: Commitment, user: Any) -> list[Link]:
        """The way to the covenant."""
        return [Link("查看协议", obj.get_absolute_url())]


@site.register
class DeliveryCase(Case):
    """履约记录. Submitted and decided on the covenant's page."""

    model = Delivery
    name = "deliveries"
    view_verb = Verb.COVENANTS_VIEW
    title_column = "on"
    columns = ("on", "commitment", "much", "status", "unit_name", "community")
    more_columns = (
        "covenant",
        "submitted_at",
        "street",
        "note",
        "milestone",
        "quantity",
        "amount",
        "decided_at",
        "opinion",
    )
    details = (
        *("much", "note", "status", "unit_name", "community", "submitted_by", "submitted_at"),
        *("decided_by", "decided_at", "opinion"),
    )
    computed = {
        "much": Computed("数量（金额、节点）", lambda row: row.amount_words, tells=("quantity", "amount", "milestone")),
        "covenant": Computed(
            "协议编号", lambda row: row.commitment.covenant.number, order="commitment__covenant__number"
        ),
        "unit_name": Computed(
            "共建单位",
            lambda row: row.commitment.covenant.organisation,
            order="commitment__covenant__organisation__code",
            by="organisation",
        ),
        "community": Computed(
            "社区", lambda row: row.commitment.covenant.community, order="commitment__covenant__community__code"
        ),
        "street": Computed(
            "街道", lambda row: row.commitment.covenant.street, order="commitment__covenant__street__code"
        ),
    }
    filters = ("status", "commitment", "covenant", "organisation", "street", "community")
    open_filters = ("waiting", "status", "organisation", "community")
    paths = {
        "covenant": "commitment__covenant",
        "organisation": "commitment__covenant__organisation",
        "street": "commitment__covenant__street",
        "community": "commitment__covenant__community",
    }
    joined = ("milestone",)
    period = "on"
    waits = (CONFIRM, MEND)
    named_by, told_by = "commitment__covenant__number", "commitment__title"
    search = ("commitment__title", "commitment__covenant__number", "note")
    workflow = DELIVERIES
    views = {**Case.views, "detail": DeliveryPage, "act": DeliveryAct}
    viewset_class = DeliveryViewSet

    def queryset(self) -> Any:
        """With the covenant and its parties."""
        covenant = "commitment__covenant"
        parties = (f"{covenant}__organisation", f"{covenant}__community__street", f"{covenant}__street")
        return super().queryset().select_related("submitted_by", "decided_by", *parties)

    def links(self, obj: Delivery, user: Any) -> list[Link]:
        """The way to the covenant."""
        return [Link("查看协议", obj.commitment.get_absolute_url())]

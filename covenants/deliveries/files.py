"""Deliveries have their evidence: photos before and after, documents."""

from typing import Any

from covenants.agreements.models import RUNNING
from covenants.agreements.parameters import FILE_MEGABYTES, FILES
from covenants.agreements.rights import is_unit
from covenants.deliveries.models import Delivery
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.models import Stage
from suzhou_portal.files.owners import Owner, register


def may_add_evidence(delivery: Delivery, user: Any) -> bool:
    """The unit, until the receiving side has confirmed: what was confirmed was confirmed with its evidence."""
    runs = delivery.commitment.covenant.status in RUNNING
    open_ = delivery.status in {Delivery.Status.SUBMITTED, Delivery.Status.RETURNED}
    return runs and open_ and is_unit(delivery.commitment.covenant, user)


def may_remove_evidence(delivery: Delivery, attachment: Any, user: Any) -> bool:
    """One's own, until it is confirmed."""
    return may_add_evidence(delivery, user) and attachment.uploaded_by_id == user.pk


DELIVERY = register(
    Owner(
        name="delivery",
        model=Delivery,
        view_verb=Verb.COVENANTS_VIEW,
        may_add=may_add_evidence,
        may_remove=may_remove_evidence,
        most_files=FILES,
        most_megabytes=FILE_MEGABYTES,
        stage_of=lambda delivery, user: Stage.AFTER,
    )
)

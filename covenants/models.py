"""The models of ``covenants/``, by topic: the two lists, agreements, deliveries, evaluation."""

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Covenant, CovenantEvent, Revision, Side
from covenants.deliveries.models import Commitment, Delivery, Milestone
from covenants.evaluation.models import Evaluation, Rubric, RubricItem
from covenants.lists.models import Need, Offer, ResourceKind

__all__ = [
    "Commitment",
    "CommitmentKind",
    "Covenant",
    "CovenantEvent",
    "Delivery",
    "Evaluation",
    "Milestone",
    "Need",
    "Offer",
    "ResourceKind",
    "Revision",
    "Rubric",
    "RubricItem",
    "Side",
]

"""Co-building by agreement: what is needed and offered, and the loop 谈约 – 签约 – 履约 – 评约."""

from covenants.models.covenants import Covenant, CovenantEvent, Revision, Side
from covenants.models.evaluation import Evaluation, Rubric, RubricItem
from covenants.models.lists import Need, Offer, ResourceKind
from covenants.models.terms import Commitment, CommitmentKind, Delivery, Milestone

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

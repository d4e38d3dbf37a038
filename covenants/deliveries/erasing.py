"""Attachments with personal data, erased some months after the end of their covenant."""

from django.db.models import Q

from covenants.agreements.models import Covenant
from covenants.agreements.parameters import ERASE_MONTHS
from suzhou_portal.files import services as files
from suzhou_portal.files.models import Attachment
from suzhou_portal.lib.cases.erasing import cutoff
from suzhou_portal.rules.parameters import parameter


def erase_files() -> int:
    """Erase what is marked as personal some calendar months after the end of its covenant; returns how many."""
    ended = Covenant.objects.filter(ended_at__lt=cutoff(parameter(ERASE_MONTHS)))
    marked = Q(owner_type="covenant", owner_key__in=ended.values("pk"))
    marked |= Q(owner_type="delivery", owner_key__in=ended.values("commitments__deliveries"))
    rows = Attachment.objects.filter(marked, has_personal=True, erased_at=None)
    return files.erase(rows)

"""Evidence of the 五个一."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from grids.five_ones.models import FiveOneRecord
from grids.five_ones.parameters import FIVE_ONE_FILE_MEGABYTES, FIVE_ONE_FILES
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.owners import Owner, register

# --- 五个一 ---------------------------------------------------------------------------------
# A grid that was split or transferred shows what its grid before had as evidence; of that one, too, if it changes
# again. So many changes back: further ones are history, which the records before still show.
CHANGES_BACK = 4


def may_show(record: FiveOneRecord, user: Any) -> bool:
    """Whoever keeps the grid, while it is in force."""
    return record.grid.ends is None and user.scope_for(Verb.GRIDS_EDIT).holds_row(record)


def shown_with_record(record: FiveOneRecord) -> Q:
    """Its own attachments and those of the records that it goes on from. One query per change of the grid."""
    keys, before = [record.pk], record.origin
    while before is not None and len(keys) <= CHANGES_BACK:
        keys.append(before.pk)
        before = before.origin
    return Q(owner_key__in=keys)


def readable_records(user: Any) -> Any:
    """The records that ``user`` may see, and those that these go on from."""
    seen = FiveOneRecord.objects.visible_to(user, Verb.PLACES_VIEW)
    ways = ("pk", *("__".join(["origin"] * steps) for steps in range(1, CHANGES_BACK + 1)))
    found = Q()
    for way in ways:
        found |= Q(Exists(seen.filter(**{way: OuterRef("pk")})))
    return FiveOneRecord.objects.filter(found)


FIVE_ONE_OWNER = register(
    Owner(
        name="five-one-record",
        model=FiveOneRecord,
        view_verb=Verb.PLACES_VIEW,
        may_add=may_show,
        may_remove=lambda record, attachment, user: may_show(record, user) and attachment.uploaded_by_id == user.pk,
        most_files=FIVE_ONE_FILES,
        most_megabytes=FIVE_ONE_FILE_MEGABYTES,
        staged=False,
        shown_with=shown_with_record,
        origin=lambda record, attachment: "" if attachment.owner_key == record.pk else "变动前的网格",
        readable=readable_records,
    )
)

"""Telephones of former leaders go some calendar months after their term, wherever a roster has written them."""

from django.db import transaction
from django.db.models import F, Q

from grids.places.models import GridPost
from grids.rosters.models import RosterImportLine
from grids.rosters.parameters import TELEPHONE_MONTHS
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.erasing import cutoff, entries_about
from suzhou_portal.lib.text.privacy import without_personal
from suzhou_portal.lib.time.sweeps import sweeps
from suzhou_portal.rules.parameters import parameter

BATCH = 100
ACTION = "gridpost.erasure"
name_actions({ACTION: "清除离任人员联系电话"}, group=str(GridPost._meta.verbose_name))


def erase_telephones() -> int:
    """Erase what is due, at most :data:`BATCH` terms; returns how many. Two workers may run it."""
    due = GridPost.objects.filter(ends__lt=cutoff(parameter(TELEPHONE_MONTHS)).date()).exclude(telephone="")
    return sum(_erase(key) for key in due.order_by("pk").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _erase(key: int) -> bool:
    """False when another worker was quicker."""
    post = (
        GridPost.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key).exclude(telephone="").first()
    )
    if post is None:
        return False
    mine = GridPost.objects.filter(pk=key)
    mine.update(telephone="", version=F("version") + 1)
    lines = RosterImportLine.objects.filter(Q(post=key) | Q(begun=key))
    lines.filter(telephone_before=post.telephone).update(telephone_before="")
    lines.filter(telephone_after=post.telephone).update(telephone_after="")

    def clean(text: str) -> str:
        return without_personal(text, phones=[post.telephone], everything=False)

    trail.erase(entries_about(mine), clean, whole=frozenset({"telephone"}))
    trail.record(ACTION, post, by=None)
    return True


sweeps(erase_telephones)

"""Erasing reporters' contacts some months after closure, wherever they have got to.

A model that holds texts of an issue declares them: ``erasable`` names its text (and JSON)
columns, ``erased_with`` the column with the issue's key, or the path to it. From then on the erasure reaches
them, and the trail's entries about such rows. Append-only tables let it pass because their
triggers know ``erasable`` (``lib.rows.triggers``).

What belongs together goes together: an issue with the duplicates merged into it and the parts
of all of them, once the main issue has been closed (or void) long enough and none of them is
open. Each family is a transaction of its own, so the run may be stopped, repeated, and done
by two workers at once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from grids.issues.files import OWNER
from grids.issues.models import OPEN, Issue, IssueEvent, Status
from grids.reporters.models import Contact, ErasureRun, ReporterContact
from grids.reporters.parameters import CONTACT_MONTHS
from grids.searching.services import reindex
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.files.models import Attachment
from suzhou_portal.files.services import erase, personal_left
from suzhou_portal.lib.cases import erasing
from suzhou_portal.lib.rows.crypto import CryptoError
from suzhou_portal.lib.text.privacy import without_personal
from suzhou_portal.rules.parameters import parameter

BATCH = 100
# Of a run's issues so many are named in its own entry; each has an entry of its own besides, with the same request id.
NAMED = 500
REASON = "联系方式到期清除"
SUMS = ("issues", "contacts", "files")

name_actions({"contact.erase": "到期清除联系方式", "erasure.run": "联系方式到期清除（汇总）"}, group="反映人联系方式")


def cutoff(now: datetime | None = None) -> datetime:
    """Issues that were closed before this are due: so many calendar months ago, by the calendar of the portal's zone.

    On a day that the month then did not have, all of that month: on 31 August with six months, what was closed by
    the end of February.
    """
    return erasing.cutoff(parameter(CONTACT_MONTHS), now)


# --- what is due ------------------------------------------------------------------------


def _main_key(prefix: str = "") -> Coalesce:
    """The key of the main issue of a family: of the duplicate's, or the whole's, or one's own."""
    paths = ("parent__merged_into_id", "parent_id", "merged_into_id", "pk")
    return Coalesce(*(F(f"{prefix}{path}") for path in paths))


def due_mains(before: datetime) -> QuerySet[Issue]:
    """The main issues that ended before ``before`` and whose family still holds a contact or a personal file.

    A void issue has no time of closure: its last step counts.
    """
    later = IssueEvent.objects.filter(issue=OuterRef("pk"), at__gte=before)
    ended = Q(status=Status.CLOSED, closed_at__lt=before) | Q(status=Status.VOID) & ~Exists(later)
    # From what there is to erase, not from all issues: it is little, and has an index.
    held = Q(pk__in=_with_contact().values("main")) | Q(pk__in=_with_files().values("main"))
    return Issue.objects.filter(ended, held, ~Exists(_open_relatives()))


def _with_contact() -> Any:
    """The contacts that there are, with the key of each one's ``main`` issue."""
    return ReporterContact.objects.kept().annotate(main=_main_key("issue__"))


def _with_files() -> Any:
    """The issues with attachments that are marked as personal, with the key of each one's ``main`` issue."""
    return Issue.objects.filter(pk__in=personal_left(OWNER.name).values("owner_key")).annotate(main=_main_key())


def _open_relatives() -> QuerySet[Issue]:
    """Open issues of the family of an outer main issue."""
    of_main = Q(parent=OuterRef("pk")) | Q(merged_into=OuterRef("pk")) | Q(parent__merged_into=OuterRef("pk"))
    return Issue.objects.filter(of_main, status__in=sorted(OPEN))


def family_keys(main: int) -> list[int]:
    """The keys of the main issue, its duplicates, and the parts of all of them."""
    own = Q(pk=main) | Q(parent=main) | Q(merged_into=main) | Q(parent__merged_into=main)
    return list(Issue.objects.filter(own).order_by("pk").values_list("pk", flat=True))


PLACE = ("street__code", "street__name", "community__code", "community__name")


def due_by_community(before: datetime) -> list[dict[str, Any]]:
    """What a run now would erase: per street and community how many issues, contacts and files. No contents.

    Contacts and files count where their main issue is. Two queries.
    """
    mains = due_mains(before)
    found: dict[tuple[Any, ...], Counter[str]] = {}
    contacts = _with_contact().filter(main=OuterRef("pk")).order_by()
    files = personal_left(OWNER.name).filter(
        owner_key__in=_with_files().filter(main=OuterRef(OuterRef("pk"))).values("pk")
    )
    for name, rows in (("contacts", contacts), ("files", files.order_by())):
        # unscoped: counts of the whole district, for the administrators and the job
        counted = rows.annotate(all=models.Value(1)).values("all").annotate(count=models.Count("pk")).values("count")
        sums = mains.annotate(held=models.Subquery(counted)).order_by().values_list(*PLACE)
        for *place, issues, total in sums.annotate(issues=models.Count("pk"), total=models.Sum("held")):
            found.setdefault(tuple(place), Counter()).update({name: total or 0})
            found[tuple(place)]["issues"] = issues
    return [
        {"street": place[1], "community": place[3] or "", **{name: counts[name] for name in SUMS}}
        for place, counts in sorted(found.items(), key=lambda item: (item[0][0], item[0][2] or ""))
    ]


# --- erasing ----------------------------------------------------------------------------


def texts_of(keys: list[int]) -> Iterator[tuple[QuerySet, tuple[str, ...]]]:
    """The rows that hold texts of the issues ``keys``, with the names of these columns."""
    for model in apps.get_models():
        if path := getattr(model, "erased_with", ""):
            rows: Any = model._base_manager
            about = rows.filter(**{f"{path}__in": keys}).order_by().values("pk")  # a path to many names a row twice
            yield rows.filter(pk__in=about), model.erasable  # type: ignore[attr-defined]
    yield Attachment.objects.filter(owner_type=OWNER.name, owner_key__in=keys), ("name",)


def erase_texts(keys: list[int], contacts: Iterable[Contact], *, everything: bool = True) -> int:
    """Take the names and phones of ``contacts`` out of all texts of the issues ``keys``; returns how many columns.

    ``everything``: with them whatever looks like a personal number. Must run in a transaction.
    """
    known = list(contacts)
    names, phones = [contact.name for contact in known], [contact.phone for contact in known]

    def clean(text: str) -> str:
        return without_personal(text, names=names, phones=phones, everything=everything)

    count = 0
    for rows, columns in texts_of(keys):
        count += erasing.clean_rows(rows, columns, clean)
        count += trail.erase(erasing.entries_about(rows), clean)
    reindex(keys)
    return count


@dataclass
class Erased:
    """What was erased of one family."""

    issues: int = 0
    contacts: int = 0
    texts: int = 0
    files: int = 0


@transaction.atomic
def erase_family(main: int, before: datetime) -> Erased | None:
    """Erase what is personal in the family of the issue ``main``.

    None when there is nothing (any more): another worker was quicker, or it was reopened.
    """
    locked = Issue.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=main).first()
    if locked is None or not due_mains(before).filter(pk=main).exists():
        return None
    keys = family_keys(main)
    rows = list(ReporterContact.objects.select_for_update(of=("self",)).kept().filter(issue__in=keys))
    done = Erased(issues=len(keys), contacts=len(rows))
    done.texts = erase_texts(keys, [row.read() for row in rows])
    done.files = erase(personal_left(OWNER.name).filter(owner_key__in=keys), reason=REASON)
    now = timezone.now()
    ReporterContact.objects.filter(pk__in=[row.pk for row in rows]).update(
        name="", phone="", erased_at=now, version=F("version") + 1
    )
    details = {"contacts": done.contacts, "texts": done.texts, "files": done.files}
    trail.record("contact.erase", locked, by=None, changes=details)
    return done


def erase_due(now: datetime | None = None, *, batch: int = BATCH) -> ErasureRun:
    """Erase everything that is due; returns the stored run with its counts.

    A family whose contact cannot be decrypted (a missing key) is counted as failed and left:
    its name could not be found in the texts. The trail gets the counts and the issues' numbers.
    """
    before = cutoff(now)
    report = ErasureRun.objects.create(closed_before=before)
    sums: Counter[str] = Counter()
    numbers: list[str] = []
    last = 0
    while found := list(due_mains(before).filter(pk__gt=last).order_by("pk").values_list("pk", "number")[:batch]):
        for key, number in found:
            try:
                done = erase_family(key, before)
            except CryptoError:
                sums["failed"] += 1
                continue
            if done is not None:
                sums.update(vars(done))
                numbers.append(number)
        last = found[-1][0]
    for name, count in sums.items():
        setattr(report, name, count)
    report.finished_at = timezone.now()
    with transaction.atomic():
        report.save()
        trail.record("erasure.run", report, by=None, changes={**sums, "numbers": numbers[:NAMED]})
    return report

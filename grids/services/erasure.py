"""Erasing reporters' contacts some months after closure, wherever they have got to.

A model that holds texts of an issue declares them: ``erasable`` names its text (and JSON)
columns, ``erased_with`` the column with the issue's key. From then on the erasure reaches
them, and the trail's entries about such rows. Append-only tables let it pass because their
triggers know ``erasable`` (``lib.triggers``).

What belongs together goes together: an issue with the duplicates merged into it and the parts
of all of them, once the main issue has been closed (or void) long enough and none of them is
open. Each family is a transaction of its own, so the run may be stopped, repeated, and done
by two workers at once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from grids.models import Contact, ErasureRun, Issue, IssueEvent, ReporterContact
from grids.models.issues import OPEN, Status
from grids.parameters import CONTACT_MONTHS
from grids.services.searching import index_text
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.crypto import CryptoError
from suzhou_portal.lib.privacy import without_personal
from suzhou_portal.rules.parameters import parameter

BATCH = 100
# Of a run's issues so many are named in its own entry; each has an entry of its own besides, with the same request id.
NAMED = 500

name_actions({"contact.erase": "到期清除联系方式", "erasure.run": "联系方式到期清除（汇总）"}, group="反映人联系方式")


def cutoff(now: datetime | None = None) -> datetime:
    """Issues that were closed before this are due: so many calendar months ago."""
    return (now or timezone.now()) - relativedelta(months=parameter(CONTACT_MONTHS))


# --- what is due ------------------------------------------------------------------------


def _main_key(prefix: str = "") -> Coalesce:
    """The key of the main issue of a family: of the duplicate's, or the whole's, or one's own."""
    paths = ("parent__merged_into_id", "parent_id", "merged_into_id", "pk")
    return Coalesce(*(F(f"{prefix}{path}") for path in paths))


def due_mains(before: datetime) -> QuerySet[Issue]:
    """The main issues that ended before ``before`` and whose family still holds a contact.

    A void issue has no time of closure: its last step counts.
    """
    later = IssueEvent.objects.filter(issue=OuterRef("pk"), at__gte=before)
    ended = Q(status=Status.CLOSED, closed_at__lt=before) | Q(status=Status.VOID) & ~Exists(later)
    # From the contacts that there are, not from all issues: those are few, and have an index.
    held = ReporterContact.objects.kept().annotate(main=_main_key("issue__")).values("main")
    return Issue.objects.filter(ended, ~Exists(_open_relatives()), pk__in=held)


def _open_relatives() -> QuerySet[Issue]:
    """Open issues of the family of an outer main issue."""
    of_main = Q(parent=OuterRef("pk")) | Q(merged_into=OuterRef("pk")) | Q(parent__merged_into=OuterRef("pk"))
    return Issue.objects.filter(of_main, status__in=sorted(OPEN))


def family_keys(main: int) -> list[int]:
    """The keys of the main issue, its duplicates, and the parts of all of them."""
    own = Q(pk=main) | Q(parent=main) | Q(merged_into=main) | Q(parent__merged_into=main)
    return list(Issue.objects.filter(own).order_by("pk").values_list("pk", flat=True))


def due_by_community(before: datetime) -> list[dict[str, Any]]:
    """What a run now would erase: street, community and how many issues and contacts. No contents. One query."""
    mains = due_mains(before).values("pk")
    rows = ReporterContact.objects.kept().annotate(main=_main_key("issue__")).filter(main__in=mains)
    places = ("issue__street__code", "issue__street__name", "issue__community__code", "issue__community__name")
    counted = rows.values(*places).annotate(issues=models.Count("main", distinct=True), contacts=models.Count("pk"))
    return [
        {
            "street": row["issue__street__name"],
            "community": row["issue__community__name"] or "",
            "issues": row["issues"],
            "contacts": row["contacts"],
        }
        for row in counted.order_by("issue__street__code", "issue__community__code")
    ]


# --- erasing ----------------------------------------------------------------------------


def erasable_models() -> Iterator[type[models.Model]]:
    """The models that have declared texts of issues."""
    return (model for model in apps.get_models() if getattr(model, "erased_with", ""))


def erase_texts(keys: list[int], contacts: Iterable[Contact], *, everything: bool = True) -> int:
    """Take the names and phones of ``contacts`` out of all texts of the issues ``keys``; returns how many columns.

    ``everything``: with them whatever looks like a personal number. Must run in a transaction.
    """
    known = list(contacts)
    names, phones = [contact.name for contact in known], [contact.phone for contact in known]

    def clean(text: str) -> str:
        return without_personal(text, names=names, phones=phones, everything=everything)

    count = 0
    for model in erasable_models():
        rows = model._base_manager.filter(**{f"{getattr(model, 'erased_with')}__in": keys})  # noqa: B009 -- for mypy
        count += _clean_rows(model, rows, clean)
        about = [str(key) for key in rows.values_list("pk", flat=True)]
        entries = AuditEntry.objects.filter(object_type=model._meta.label_lower, object_id__in=about)
        count += trail.erase(entries, clean)
    for issue in Issue.objects.filter(pk__in=keys).select_related("category", "street", "community", "grid"):
        index_text(issue)
    return count


def _clean_rows(model: Any, rows: QuerySet, clean: Callable[[str], str]) -> int:
    count = 0
    for row in rows.only("pk", *model.erasable):
        changed = {}
        for name in model.erasable:
            old = getattr(row, name)
            new = trail.cleaned(old, clean)
            if isinstance(new, str):
                new = trail.fitted(new, model._meta.get_field(name).max_length)
            if new != old:
                changed[name] = new
        if changed:
            count += len(changed)
            if hasattr(model, "version"):  # a form opened before must not bring the old text back
                changed["version"] = F("version") + 1
            model._base_manager.filter(pk=row.pk).update(**changed)
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

"""The reporter's contact: taken in, revealed with a reason, removed on their wish. All of it audited, none of it told.

What is done stands in the trail under the issue, without the values. Revealing writes its entry
in the transaction that decrypts: no entry, no contact. See ``grids.reporters.erasure`` for the end.
"""

import re
from datetime import timedelta
from typing import Any

import regex
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone

from grids.issues.models import Issue
from grids.reporters.erasure import erase_texts
from grids.reporters.models import Contact, ReporterContact
from grids.reporters.parameters import REVEALS_PER_HOUR
from suzhou_portal.accounts.models import User
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows.records import StaleVersion
from suzhou_portal.lib.text import canonical
from suzhou_portal.rules.parameters import parameter

HOUR = timedelta(hours=1)
NAME_LENGTH = 20
BAD_NAME = "联系人只填姓名或称呼，20 字以内，不含数字。"
BAD_PHONE = "请填写 11 位手机号，或固定电话（区号-号码）。"
_NAME = regex.compile(r"[\p{Han}A-Za-z·. ]{1,20}")
_PHONE = re.compile(r"1[3-9]\d{9}|(?:0(?:10|2[0-57-9]|[3-9]\d{2}))?[2-8]\d{6,7}")

name_actions(
    {
        "contact.add": "登记反映人联系方式",
        "contact.replace": "更正反映人联系方式",
        "contact.reveal": "查看反映人联系方式",
        "contact.remove": "应反映人要求删除联系方式",
    },
    group="反映人联系方式",
)


class RevealReason(TextChoices):
    """Why somebody looks at a contact."""

    CALL_BACK = "callback", "回访核实"
    ASK = "ask", "了解情况"
    VISIT = "visit", "上门处理"
    OTHER = "other", "其他"


class NoContact(Exception):
    """There is no contact, or none any more."""


class TooManyReveals(Exception):
    """The user has looked at too many contacts within the hour; ``minutes`` until the next."""

    def __init__(self, minutes: int) -> None:
        super().__init__("too many reveals")
        self.minutes = minutes


def clean_name(text: str) -> str:
    """A name or form of address. Raises ``ValidationError``, whose message does not repeat it."""
    name = canonical.person(text)
    if name and not _NAME.fullmatch(name):
        raise ValidationError(BAD_NAME, code="invalid")
    return name


def clean_phone(text: str) -> str:
    """A mobile or fixed number as digits. Raises ``ValidationError``, whose message does not repeat it."""
    digits = re.sub(r"[()-]", "", canonical.telephone(text))
    if digits and not (digits.isascii() and _PHONE.fullmatch(digits)):
        raise ValidationError(BAD_PHONE, code="invalid")
    return digits


def add_contact(issue: Issue, contact: Contact, *, by: Any) -> None:
    """Store the contact of an issue that is being reported, in the transaction of the report."""
    row = ReporterContact(issue=issue)
    row.put(contact)
    row.save(force_insert=True)
    trail.record("contact.add", issue, by=by)


@transaction.atomic
def save_contact(issue: Issue, contact: Contact, *, by: Any, version: int = 0) -> None:
    """Add or replace the contact of ``issue``. ``version``: that of the contact the user saw, 0 for none.

    Raises :class:`~suzhou_portal.lib.rows.records.StaleVersion` when another one was entered
    meanwhile, ``ValidationError`` for an issue whose contact was erased after its closure.
    """
    stored = Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk)
    row = ReporterContact.objects.filter(issue=stored).first()
    if (row.version if row else 0) != version:
        raise StaleVersion(stored)
    if row and row.erased_at and not stored.is_open:
        raise ValidationError("联系方式已清除，事件已结束，不再登记。", code="erased")
    had = row is not None and row.erased_at is None
    row = row or ReporterContact(issue=stored, version=0)
    row.put(contact)
    row.version += 1
    row.save()
    trail.record("contact.replace" if had else "contact.add", stored, by=by)


@transaction.atomic
def reveal_contact(issue: Issue, *, by: Any, reason: str) -> Contact:
    """The contact of ``issue`` in the clear, on record with ``reason``.

    The caller has checked the right. Raises :class:`NoContact`, :class:`TooManyReveals` or
    :class:`~suzhou_portal.lib.rows.crypto.CryptoError`; nothing is then on record, nothing shown.
    """
    User.objects.select_for_update().get(pk=by.pk)  # two clicks at once count one after the other
    _throttle(by)
    row = ReporterContact.objects.kept().filter(issue=issue).first()
    if row is None:
        raise NoContact
    contact = row.read()
    trail.record("contact.reveal", issue, by=by, reason=reason)
    return contact


def _throttle(user: Any) -> None:
    now, most = timezone.now(), parameter(REVEALS_PER_HOUR)
    recent = AuditEntry.objects.filter(actor=user, action="contact.reveal", at__gt=now - HOUR)
    times = list(recent.order_by("-at").values_list("at", flat=True)[:most])
    if len(times) >= most:
        raise TooManyReveals(max(1, -(-(times[-1] + HOUR - now) // timedelta(minutes=1))))


@transaction.atomic
def remove_contact(issue: Issue, *, by: Any) -> None:
    """Forget the contact on the reporter's wish, and its name and phone in the texts of the issue and of its
    parts, which have them from it.

    Raises :class:`NoContact`. Other numbers stay until the erasure by schedule: the issue may still be worked on.
    """
    stored = Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk)
    row = ReporterContact.objects.kept().filter(issue=stored).first()
    if row is None:
        raise NoContact
    parts = Issue.objects.filter(parent=stored).order_by("pk").values_list("pk", flat=True)
    texts = erase_texts([stored.pk, *parts], [row.read()], everything=False)
    row.name = row.phone = ""
    row.erased_at = timezone.now()
    row.version += 1
    row.save()
    trail.record("contact.remove", stored, by=by, changes={"texts": texts})

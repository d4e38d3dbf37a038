"""Confidential rows where something else than ``visible_to`` tells of them: the trail and messages.

A model says once who may know of its secret rows (``scope_rule = Confidential(…)``, ``lib.rows.scope``). Every surface
that asks ``visible_to`` keeps to it: pages, lists, choices, search, exports, REST, files, figures, waiting lines. Here
is what does not ask: the auditor, who reads the trail of the whole district, learns that something happened to such a
row, when and by whom, but not which one it is nor what it says (``audit.describing.cover``); and a message about it
carries no words (:func:`words_of`) and reaches only those who may know (``notices`` asks :func:`who_may_know`).
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from suzhou_portal.audit import describing
from suzhou_portal.lib.rows.scope import Confidential, is_confidential, is_secret, may_know

UNTOLD = "有新的办理情况，请登录后查看"


def open_rows(model: Any) -> models.QuerySet | None:
    """The rows of ``model`` that are not secret; None for a model without secrets."""
    rule = getattr(model, "scope_rule", None)
    if not isinstance(rule, Confidential):
        return None
    rows: models.QuerySet = model._base_manager.exclude(rule.secret)
    return rows


describing.veil(open_rows)


def words_of(row: models.Model, words: str) -> str:
    """What a message may say of ``row``, which goes to telephones: ``words``; of a secret one only that there is
    something to see.
    """
    return UNTOLD if is_secret(row) else words


def subject_of(row: models.Model) -> list[Any] | None:
    """What a message about ``row`` keeps, so that :func:`who_may_know` can be asked when it is delivered; None for a
    model without secrets.
    """
    return [row._meta.label_lower, row.pk] if is_confidential(row) else None


def who_may_know(subject: list[Any], users: Iterable[Any]) -> list[Any]:
    """Those of ``users`` who may know the row that :func:`subject_of` named, two queries each; none once it is gone."""
    label, key = subject
    try:
        row = apps.get_model(label)._base_manager.get(pk=key)
    except (LookupError, ObjectDoesNotExist):
        return []
    return [user for user in users if may_know(row, user)]

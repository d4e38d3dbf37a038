"""Columns whose values are encrypted (``lib.rows.crypto``), and re-encrypting them after a change of key or cipher.

A value is bound to its table, column and row: the row must have its key before it is sealed.
The trail, registers and forms never hold the value; only :func:`unseal` reads it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q

from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.rows.crypto import Keyring, MissingKey, Tampered, keyring

BATCH = 200

name_actions({"data_keys.rotate": "更换数据密钥"})


class SealedField(models.TextField):
    """An encrypted text; "" stands for none. ``secret``: the trail masks it."""

    secret = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"blank": True, "default": "", "editable": False}
        super().__init__(*args, **kwargs)


def _bound_to(obj: models.Model, name: str) -> str:
    return f"{obj._meta.label_lower}.{name}:{obj.pk}"


def seal(obj: models.Model, name: str, text: str) -> None:
    """Set the column ``name`` of ``obj`` (which has its key) to ``text``, encrypted."""
    if obj.pk is None:
        raise ValueError("a row needs its key before its values are sealed")
    setattr(obj, name, keyring().seal(text, bound_to=_bound_to(obj, name)) if text else "")


def unseal(obj: models.Model, name: str) -> str:
    """The text in the column ``name`` of ``obj``. Raises :class:`~suzhou_portal.lib.rows.crypto.CryptoError`."""
    sealed = getattr(obj, name)
    return keyring().open(sealed, bound_to=_bound_to(obj, name)) if sealed else ""


# --- another key ----------------------------------------------------------------------


@dataclass
class Rotation:
    """What a run did: rows sealed anew; rows that could not be opened, per missing key id (or "损坏")."""

    rows: int = 0
    failed: Counter[str] = field(default_factory=Counter)


def sealed_columns() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every model with encrypted columns, and their names."""
    for model in apps.get_models():
        names = [column.name for column in model._meta.concrete_fields if isinstance(column, SealedField)]
        if names:
            yield model, names


def rotate(*, batch: int = BATCH) -> Rotation:
    """Seal with today's cipher and key whatever is sealed with another one, batch by batch.

    Each batch is a transaction of its own: stopped half-way, the next run goes on where this one
    ended. Two runs at once share the rows. What cannot be opened is counted and left as it is.
    """
    done, ring = Rotation(), keyring()
    for model, names in sealed_columns():
        last = None
        while (last := _rotate_batch(model, names, ring, last, batch, done)) is not None:
            pass
    if done.rows or done.failed:
        with transaction.atomic():
            details = {"count": done.rows, "key": ring.current.removesuffix("."), "failed": dict(done.failed)}
            trail.record("data_keys.rotate", None, by=None, changes=details)
    return done


@transaction.atomic
def _rotate_batch(
    model: type[models.Model], names: list[str], ring: Keyring, last: Any, batch: int, done: Rotation
) -> Any:
    """Seal the rows behind the key ``last`` anew; returns the last key looked at, None at the end."""
    outdated = Q()
    for name in names:
        outdated |= ~Q(**{name: ""}) & ~Q(**{f"{name}__startswith": ring.current})
    # unscoped: the portal's own job; no value is shown to anybody
    rows = model._base_manager.select_for_update(skip_locked=True).filter(outdated).order_by("pk")
    if last is not None:
        rows = rows.filter(pk__gt=last)
    found = list(rows[:batch])
    for row in found:
        try:
            values = {name: unseal(row, name) for name in names}
        except MissingKey as error:
            done.failed[error.key_id] += 1
            continue
        except Tampered:
            done.failed["损坏"] += 1
            continue
        for name, text in values.items():
            seal(row, name, text)
        model._base_manager.filter(pk=row.pk).update(**{name: getattr(row, name) for name in names})
        done.rows += 1
    return found[-1].pk if found else None

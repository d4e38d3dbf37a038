"""What the page of an owner shows of its attachments: ``{"attachments": panel_of(row, user)}`` in the context,
``{% include "files/_attachments.html" %}`` in the template, ``css/files.css`` and ``js/uploads.js`` beside it.
"""

import uuid
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from suzhou_portal.files import storing
from suzhou_portal.files.images import THUMBNAIL_SIDE
from suzhou_portal.files.models import Attachment, Stage
from suzhou_portal.files.owners import Owner, has_owner, owner_of
from suzhou_portal.files.services import may_remove
from suzhou_portal.lib.rows.prepared import Prepared

PHOTO_CHOICES = "image/*"
DOCUMENT_CHOICES = ".pdf,.docx,.xlsx"


@dataclass(frozen=True)
class Item:
    """An attachment on the page, and whether this user may take it away."""

    row: Attachment
    removable: bool
    origin: str = ""

    @property
    def thumbnail_size(self) -> tuple[int, int]:
        """Width and height of the thumbnail in pixels, so that the page does not jump when it comes."""
        width, height = self.row.width or 1, self.row.height or 1
        scale = min(1, THUMBNAIL_SIDE / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    @property
    def told(self) -> str:
        """Who uploaded it and when, in a few words; before that, which other row it belongs to."""
        origin = f"{self.origin}，" if self.origin else ""
        return f"{origin}{self.row.uploaded_by.name} {timezone.localtime(self.row.uploaded_at):%m-%d %H:%M}"

    @property
    def words(self) -> str:
        """What the picture is, for those who do not see it."""
        stage = "" if self.row.stage == Stage.OTHER else self.row.get_stage_display()
        return f"{stage}{self.row.get_kind_display()}，{self.told}"


@dataclass(frozen=True)
class Gone:
    """What stays of an attachment whose file is gone: a sentence."""

    at: Any
    sentence: str


@dataclass(frozen=True)
class Print:
    """A photo as it stands on paper; ``src`` holds the picture itself, so that a PDF fetches nothing."""

    src: str
    words: str


ANY = Prepared(
    # unscoped: whether a row that was fetched in scope has any at all; they themselves are fetched in scope
    lambda key, owner: Attachment.objects.filter(owner_type=owner, owner_key=key).order_by().values_list("pk")[:1],
    *(987_654_321, "an-owner"),
)


class Panel:
    """The attachments of ``row`` as ``user`` sees them. One query, two where a row of its own has some."""

    def __init__(self, row: Any, user: Any) -> None:
        self.owner: Owner = owner_of(row)
        self.row, self.user = row, user
        self._rows = self._found()
        self.may_add = self.owner.may_add(row, user)

    def _found(self) -> list[Attachment]:
        """Most rows have none, which is asked first where a row shows its own alone."""
        if self.owner.shows_own and not ANY(self.row.pk, self.owner.name):
            return []
        # unscoped: seen_by narrows it, to the rows of one kind that the user sees
        shown = Attachment.objects.shown_with(self.owner, self.row).seen_by(self.user, self.owner)
        return list(shown.select_related("uploaded_by", "removed_by").order_by("id"))

    @cached_property
    def items(self) -> list[Item]:
        """What is there, the oldest first."""
        return [
            Item(row, may_remove(row, self.row, self.user), self.owner.origin(self.row, row))
            for row in self._rows
            if not row.is_gone
        ]

    def _photos(self, stage: str) -> list[Item]:
        return [item for item in self.items if item.row.is_photo and item.row.stage == stage]

    @cached_property
    def pairs(self) -> list[tuple[Item | None, Item | None]]:
        """Photos before and after side by side, in the order of their upload; none while one side is empty."""
        before, after = self._photos(Stage.BEFORE), self._photos(Stage.AFTER)
        return list(zip_longest(before, after)) if before and after else []

    @property
    def groups(self) -> list[tuple[str, list[Item]]]:
        """The photos that stand in no pair: (what they show, photos); none is empty."""
        stages = [Stage.OTHER] if self.pairs else [Stage.BEFORE, Stage.AFTER, Stage.OTHER]
        groups = [(str(stage.label), self._photos(stage)) for stage in stages]
        return [("" if label == Stage.OTHER.label else label, photos) for label, photos in groups if photos]

    def prints(self, most: int) -> list[Print]:
        """The first photos before and after, and others, for a form on paper: ``most`` at most, small, and
        none that shows personal data. One whose file is lost is left out.
        """
        stages = (Stage.BEFORE, Stage.AFTER, Stage.OTHER)
        chosen = [item for stage in stages for item in self._photos(stage) if not item.row.has_personal][:most]
        found = []
        for item in chosen:
            with suppress(FileNotFoundError), storing.read(item.row.thumbnail) as picture:
                data = b64encode(picture.read()).decode()
                stage = "照片" if item.row.stage == Stage.OTHER else str(item.row.get_stage_display())
                found.append(Print(f"data:image/jpeg;base64,{data}", f"{stage}　{item.told}"))
        return found

    @property
    def documents(self) -> list[Item]:
        """The documents."""
        return [item for item in self.items if not item.row.is_photo]

    @property
    def gone(self) -> list[Gone]:
        """What was removed or erased, as sentences."""
        found = []
        for row in self._rows:
            kind = row.get_kind_display()
            if row.erased_at is not None:
                found.append(Gone(row.erased_at, f"一份含个人信息的{kind}已到期清除"))
            elif row.removed_at is not None:
                found.append(Gone(row.removed_at, f"{row.removed_by} 删除了自己上传的{kind}"))
        return found

    @property
    def url(self) -> str:
        """Where attachments are sent to, and where the fragment comes from."""
        return url_of(self.row)

    photo_choices = PHOTO_CHOICES
    document_choices = DOCUMENT_CHOICES

    @property
    def max_bytes(self) -> int:
        """No file may be larger."""
        return settings.FILE_HARD_LIMIT

    @property
    def room(self) -> int:
        """How many more may be added."""
        own = sum(item.row.owner_key == self.row.pk for item in self.items)
        return max(0, self.owner.file_limit - own)

    @property
    def stage(self) -> str:
        """The stage that the form proposes."""
        return self.owner.stage_of(self.row, self.user)

    @property
    def stages(self) -> list[tuple[str, str]]:
        """The stages to choose from; none where there is no before and after."""
        return Stage.choices if self.owner.staged else []

    @cached_property
    def upload_key(self) -> uuid.UUID:
        """A key for the form without script: sent twice, it stores once."""
        return uuid.uuid4()


def url_of(row: models.Model) -> str:
    """The address of the attachments of ``row``."""
    return f"/files/{owner_of(row).name}/{row.pk}/"


def panel_of(row: models.Model, user: Any) -> Panel:
    """The attachments of ``row``, for the page of somebody who may see it."""
    return Panel(row, user)


def panel_or_none(row: models.Model, user: Any) -> Panel | None:
    """The same; None for a kind of row that may have no attachments."""
    return Panel(row, user) if has_owner(row) else None

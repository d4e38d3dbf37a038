"""Files that a form sends: each is stored or refused by itself, and the user is told of each."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest

from suzhou_portal.files.errors import Refused
from suzhou_portal.files.models import Attachment, Stage
from suzhou_portal.files.preparing import shown_name
from suzhou_portal.files.services import Upload, attach
from suzhou_portal.lib.registers.uploads import too_large

NAMED = 5
CLOSED = "这里现在不能添加附件。"


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its row, or the reason why there is none."""

    name: str
    row: Attachment | None = None
    reason: str = ""


def key_of(value: Any) -> uuid.UUID | None:
    """The upload key of a form; None for none or a wrong one (a file is then simply stored again)."""
    try:
        return uuid.UUID(str(value)) if value else None
    except ValueError:
        return None


def receive(request: HttpRequest, row: models.Model, *, field: str, stage: str, key: Any) -> list[Outcome]:
    """Attach the files that ``request`` sent as ``field`` to ``row``; one outcome per file, none raises."""
    outcomes = [Outcome(shown_name(name), reason="文件过大，没有接收，请缩小后再传。") for name in too_large(request)]
    personal = "has_personal" in request.POST
    stage = stage if stage in Stage.values else Stage.OTHER
    for file in request.FILES.getlist(field):
        name = shown_name(file.name or "")
        try:
            stored = attach(row, Upload(file, stage, personal, key_of(key)), by=request.user)
            outcomes.append(Outcome(name, stored))
        except Refused as error:
            outcomes.append(Outcome(name, reason=str(error)))
        except PermissionDenied:
            outcomes.append(Outcome(name, reason=CLOSED))
    return outcomes


def tell(request: HttpRequest, outcomes: Iterable[Outcome]) -> None:
    """Say on the next page what was stored and what was not, and why."""
    outcomes = list(outcomes)
    stored = sum(not outcome.reason for outcome in outcomes)
    refused = [outcome for outcome in outcomes if outcome.reason]
    if stored:
        messages.success(request, f"已保存 {stored} 个附件。")
    if refused:
        named = "；".join(f"{outcome.name}：{outcome.reason.rstrip('。')}" for outcome in refused[:NAMED])
        more = f"；另有 {len(refused) - NAMED} 个" if len(refused) > NAMED else ""
        messages.warning(request, f"{len(refused)} 个附件没有保存。{named}{more}。")

"""What the tests of 调处化解 share: a dispute, and its way to an end."""

from grids.mediation.models import DisputeKind
from grids.mediation.workflow import MEDIATING
from suzhou_portal.lib.registers import site

SUMMARY = "甲方认为楼上乙方夜间装修扰民。"
TALK = {"held_on": "", "said": "双方各让一步", "roles": ["mediator", "community"]}


def kind(code="05", name="噪声扰民"):
    return DisputeKind.objects.get_or_create(code=code, defaults={"name": name})[0]


def dispute(by, place, **fields):
    """A registered dispute in a community or grid."""
    where = {place._meta.model_name: place}
    told = {"kind": kind(), "party_a": "resident", "party_b": "merchant", "summary": SUMMARY, **where, **fields}
    return site["mediations"].create(told, by=by)


def take(row, by, *actions, **inputs):
    """``row`` after the steps; a session is held today."""
    from django.utils import timezone  # noqa: PLC0415

    given = {
        "session": {**TALK, "held_on": str(timezone.localdate())},
        "succeed": {"agreement": "true", "note": "乙方二十二时后不再施工"},
        "fail": {"note": "差距太大"},
        "transfer": {"route": "court", "note": "要求诉讼"},
        "withdraw": {"note": "自行和解"},
        "follow_up": {"kept": "true"},
        "reopen": {"note": "又起争执"},
    }
    for action in actions:
        row = MEDIATING.apply(row, action, by=by, inputs={**given.get(action, {}), **inputs})
    return row


def ended(by, place, action="succeed", **fields):
    """A dispute that has ended with ``action``."""
    return take(dispute(by, place, **fields), by, "accept", "session", action)

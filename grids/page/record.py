"""事件办理单: the issue with its timeline, on paper."""

from typing import Any

from django.utils import timezone

from grids.issues.family import Family, family_of
from grids.issues.models import Issue
from grids.issues.paper_words import facts_of, moment_words, office_of
from grids.page.wording import clock_words, timeline
from suzhou_portal.files.pages import Panel
from suzhou_portal.templatetags.portal import long_date

# A page holds some thirty steps; what has more is read on the screen.
MOST_STEPS = 300
MOST_PHOTOS = 6
MATTER = 30


def _brief(*rows: Issue | None) -> list[str]:
    """Related issues, a line each: number, organisation or matter, status."""
    return [
        f"{row.number}　{row.organisation or row.description[:MATTER]}　{row.get_status_display()}"
        for row in rows
        if row
    ]


def related(family: Family) -> list[dict[str, Any]]:
    """Parts, duplicates, and what the issue is itself a part or duplicate of: ``{label, lines}``."""
    found = {
        "总件": _brief(family.whole),
        "并入": _brief(family.main),
        "分办件": _brief(*family.parts),
        "重复件": _brief(*family.duplicates),
    }
    return [{"label": label, "lines": lines} for label, lines in found.items() if lines]


def context(issue: Issue, user: Any) -> dict[str, Any]:
    """What stands on the form for ``user``. Four queries."""
    family = family_of(issue, user)
    steps = timeline(family)
    return {
        **facts_of(issue),
        "number": issue.number,
        "date": long_date(timezone.localdate()),
        "sender": office_of(issue.level, issue)[0],
        "status": issue.get_status_display(),
        "level": issue.get_level_display(),
        "source": issue.get_source_display(),
        "clock": clock_words(issue),
        "reporter": str(issue.reporter),
        "reported": moment_words(issue.created_at),
        "closed": moment_words(issue.closed_at),
        "organisation": str(issue.organisation or ""),
        "related": related(family),
        "steps": [
            {
                "at": f"{timezone.localtime(step.at):%Y-%m-%d %H:%M}",
                "who": " ".join(filter(None, [step.other, step.who])),
                "did": step.sentence,
                "note": step.note,
            }
            for step in steps[-MOST_STEPS:]
        ],
        "photos": Panel(issue, user).prints(MOST_PHOTOS),
        "earlier": max(0, len(steps) - MOST_STEPS),
    }

"""All addresses of the portal, with one row of each kind to open them with."""

import io
import zipfile
from dataclasses import dataclass
from datetime import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from covenants.agreements.models import Covenant
from covenants.agreements.workflow import WORKFLOW as COVENANTS
from covenants.deliveries.models import Delivery
from covenants.evaluation.models import Evaluation, Rubric
from covenants.evaluation.reference import load_rubrics
from covenants.lists.models import Need
from covenants.lists.services import raise_need
from covenants.lists.workflow import NEEDS
from grids.changes import services as grid_changes
from grids.checklists.models import PatrolChecklist
from grids.checklists.services import publish
from grids.findings import services as findings
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.issues.workflow import WORKFLOW
from grids.limits.models import StepLimit
from grids.patrols import services as patrolling
from grids.patrols.models import PatrolPlan
from grids.patrols.plans import establish
from grids.places.models import GridPost
from grids.rosters.models import RosterImport
from grids.routing.models import RoutingRule
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.notices.models import Notice, OutboxMessage
from suzhou_portal.rules.models import CalendarDay, OfficeHours
from tests import factories as make
from tests.covenants import made as covenants

MARK = "绝密甲"  # stands in the names and texts of everything that belongs to community 1


@dataclass(frozen=True)
class Route:
    """One pattern: its full name, the names of its arguments, and its template path."""

    name: str
    template: str
    arguments: tuple[str, ...]
    pattern: URLPattern
    prefix: str

    @property
    def is_api(self) -> bool:
        return self.template.startswith("api/")


def routes() -> list[Route]:
    """Every pattern that the URL configuration reaches."""
    found = []

    def walk(patterns, prefix, namespace, outer):
        for item in patterns:
            template = prefix + str(item.pattern)
            names = tuple(dict.fromkeys((*outer, *item.pattern.converters, *item.pattern.regex.groupindex)))
            if isinstance(item, URLResolver):
                space = f"{namespace}{item.namespace}:" if item.namespace else namespace
                walk(item.url_patterns, template, space, names)
            else:
                found.append(Route(f"{namespace}{item.name}", template, names, item, prefix))

    walk(get_resolver().url_patterns, "", "", ())
    return found


def build_rows(cast: SimpleNamespace) -> SimpleNamespace:
    """One marked row of each kind in community 1, and the personal rows of its secretary."""
    for place in (cast.c1, cast.g1, cast.compound, cast.building, cast.area):
        type(place).objects.filter(pk=place.pk).update(name=f"{MARK}{place.name}")
        place.refresh_from_db()
    cast.unit_org.name = f"{MARK}中学"
    cast.unit_org.save()
    post = make.saved(
        GridPost(grid=cast.g1, community=cast.c1, street=cast.s1, name=f"{MARK}王秀兰", starts=make.LONG_AGO)
    )
    grid_changes.change_leader(cast.compound, name=f"{MARK}李建国", reason=f"{MARK}换届", by=cast.secretary)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, f"{MARK}路灯不亮")
    WORKFLOW.apply(issue, "supervise", by=cast.district, inputs={"note": f"{MARK}催办"})
    asked = {"note": f"{MARK}等配件", "amount": 2, "unit": "days"}
    WORKFLOW.apply(issue, "ask_extension", by=cast.secretary, inputs=asked)
    message = OutboxMessage.objects.create(title=f"{MARK}消息", url=issue.get_absolute_url(), audience={"roles": []})
    notice = Notice.objects.create(user=cast.secretary, message=message)
    saved = SavedFilter.objects.create(user=cast.secretary, page="issues", name=f"{MARK}筛选", query="status=closed")
    rule = make.saved(
        RoutingRule(category=cast.lamp, community=cast.c1, organisation=cast.unit_org, note=f"{MARK}合同")
    )
    done = make.make_issue(cast.secretary, cast.building, cast.litter, f"{MARK}楼道垃圾")
    answers = {"reached": "true", "responded": "true", "resolved": "true", "satisfaction": "satisfied"}
    for action in ("take", "answer", "close", "visit"):
        done = WORKFLOW.apply(done, action, by=cast.secretary, inputs={"note": f"{MARK}已清运", **answers})
    need = raise_need(
        Need(kind="people", title=f"{MARK}需求", description=f"{MARK}说明", street=cast.s1, community=cast.c1),
        by=cast.secretary,
    )
    need = NEEDS.apply(need, "take", by=None, inputs={"organisation": cast.unit_org.pk})
    offer = covenants.offer(cast, kind="venue", title=f"{MARK}报告厅", community=cast.c1)
    covenant = build_covenant(cast)
    change = cast.c1.grid_changes.get()
    checklist = publish(PatrolChecklist(starts=make.LONG_AGO, content="环境卫生：楼道 0201"), by=cast.district)
    plan = establish(PatrolPlan(area=cast.area, note=f"{MARK}计划"), by=cast.officer)
    patrol = patrolling.start_patrol(cast.area, by=cast.area_leader)
    stop, item = patrol.stops.get(), checklist.items.get()
    said = findings.Found(stop, item, f"{MARK}楼道堆物", "on_spot", f"{MARK}已清走")
    finding = findings.record_finding(said, by=cast.area_leader)
    roster = make.saved(
        RosterImport(
            token="walk", file_name=f"{MARK}.xlsx", community=cast.c1, street=cast.s1, effective="2026-01-01",
            by=cast.secretary,
        )
    )  # fmt: skip
    letter = issue.supervisions.get()
    slot = make.saved(FiveOne(code="1", name="一处服务阵地"))
    built = FiveOneRecord(grid=cast.g1, community=cast.c1, street=cast.s1, slot=slot, evidence=f"{MARK}活动室")
    clock = {"morning_from": time(9), "morning_to": time(12), "afternoon_from": time(14), "afternoon_to": time(17)}
    return SimpleNamespace(
        walked=walked_rows(cast),
        checklist=checklist,
        plan=plan,
        patrol=patrol,
        stop=stop,
        finding=finding,
        attachment=make.make_attachment(issue, cast.secretary, f"{MARK}.jpg"),
        letter=letter,
        need=need,
        offer=offer,
        covenant=covenant,
        commitment=covenant.commitments.get(),
        delivered=Delivery.objects.get(),
        evaluation=Evaluation.objects.get(),
        rubric=Rubric.objects.get(side="unit"),
        visit=done.visits.get(),
        rule=rule,
        slot=slot,
        record=make.saved(built),
        post=post,
        issue=issue,
        notice=notice,
        saved=saved,
        change=change,
        roster=roster,
        request=issue.clock_requests.get(),
        step_limit=make.saved(StepLimit(step="accepting", limit=2)),
        hours=make.saved(OfficeHours(starts=make.LONG_AGO, **clock)),
        day=make.saved(CalendarDay(day=make.LONG_AGO, kind="free", reason="春节")),
    )


def walked_rows(cast: SimpleNamespace) -> dict[str, Any]:
    """Register → its row to be walked with, as the topics say: ``tests/<app>/<topic>/walked.py`` has a function
    ``walked(cast)`` that makes them in community 1, with :data:`MARK` in what only community 1 may read.
    """
    rows: dict[str, Any] = {}
    for file in sorted(Path(__file__).parent.parent.glob("*/*/walked.py")):
        module = import_module(".".join(("tests", *file.parts[-3:-1], "walked")))
        rows |= module.walked(cast)
    return rows


def build_covenant(cast: SimpleNamespace) -> Covenant:
    """A marked covenant of community 1 in its evaluation, delivered, with what its unit has scored."""
    load_rubrics()
    item = covenants.task(quantity="1", title=f"{MARK}修路灯")
    covenant = covenants.signed(cast, covenants.some_terms(item, title=f"{MARK}共建"))
    covenants.deliver(cast, covenant.commitments.get(), quantity=1, note=f"{MARK}已修好")
    covenant = COVENANTS.apply(covenant, "begin_evaluation", by=cast.secretary)
    scores = {"scores": [30, 30, 20, 20], "comment": f"{MARK}评语"}
    return COVENANTS.apply(covenant, "evaluate", by=cast.liaison, inputs=scores)


def readable(response) -> str:
    """The text of an answer, whatever it is packed in."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    text = body.decode("utf-8", "replace")
    if "\\u" in text:
        text += text.encode().decode("unicode_escape", "replace")
    return text

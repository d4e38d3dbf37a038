"""Every page and endpoint is walked: anonymous, without a post, with the wrong role, from a sibling place.

A new address that takes arguments must be given a row in :func:`arguments_of`; one that
forgets its scope shows the mark of community 1 to strangers, and fails here.
"""

import json

import pytest
from django.test import Client
from django.urls import reverse

from grids.supervision.parameters import CLIMB_GRACE
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.cases import Case
from suzhou_portal.lib.registers import site
from suzhou_portal.notices.models import Delivery
from tests.contracts.walk import MARK, build_rows, readable, routes

ROUTES = {route.name: route for route in routes()}
# Open without signing in: sign-in itself, probes, the answer to unknown API addresses, the API's schema.
PUBLIC = {"login", "demo-login", "healthz", "readyz", "api-token-list", "api-unknown", "api-schema", "api-docs"}
# The same bytes for everybody, without data: what a phone keeps for times without a network.
PUBLIC |= {"service-worker", "web-manifest", "offline-page"}
# Belong to whoever is signed in, whatever their posts; what they show is their own.
PERSONAL = {
    "home", "me", "logout", "password-change", "me-token-create", "me-token-revoke", "inbox", "inbox-read-all",
    "inbox-open", "inbox-read", "me-notices", "api-notice-list", "api-notice-read", "api-notice-preferences",
    "palette", "palette-chosen", "palette-pin",
    "api-me", "api-token-detail", "api-schema", "api-docs", "large-text", "theme",
}  # fmt: skip
# Directories: rows that a sibling community of the same street may see too; another street may not.
DIRECTORIES = {"areas", "organisations", "streets", "organisation-search", "offers", "palette"}
# The same for everybody.
REFERENCE = {
    *("patrol-checklists", "issue-categories", "dispute-kinds", "parameters", "step-limits"),
    *("five-ones", "office-hours", "calendar-days", "rubrics", "rubric-items", "hub"),
}
# Whom one may turn to: the names of communities are public, a unit's is in the directory of its street.
PARTNERS = {"covenants-new"}
# Addresses of registers that read nothing from the query.
UNASKED = ("-columns", "-template", "-import", "-import-errors")
ADMINISTRATION = (
    *("role-table", "user-", "audit", "operations"),
    *("registers:users", "registers:assignments", "api-users", "api-assignments"),
)


def subject_of(name: str) -> str:
    """``registers:grid-posts-detail`` → ``grid-posts``."""
    name = name.removeprefix("registers:").removeprefix("api-")
    for register in sorted(site.registers, key=lambda register: -len(register.name)):
        if name == register.name or name.startswith(f"{register.name}-"):
            return register.name
    return "issues" if name.startswith("issue") else name


def arguments_of(route, cast, rows) -> dict[str, object]:
    """The arguments that open ``route`` on community 1's row (or the secretary's own row)."""
    subject = subject_of(route.name)
    keys = {
        "streets": cast.s1.code,
        "communities": cast.c1.code,
        "grids": cast.g1.code,
        "areas": cast.area.code,
        "organisations": cast.unit_org.code,
        "grid-posts": rows.post.pk,
        "grid-changes": rows.change.pk,
        "issue-categories": cast.lamp.code,
        "parameters": CLIMB_GRACE,
        "supervisions": rows.letter.number,
        "clock-requests": rows.request.pk,
        "step-limits": rows.step_limit.pk,
        "office-hours": rows.hours.pk,
        "calendar-days": rows.day.pk,
        "routing-rules": rows.rule.pk,
        "return-visits": rows.visit.pk,
        "needs": rows.need.number,
        "offers": rows.offer.number,
        "partners": cast.unit_org.code,
        "covenants": rows.covenant.number,
        "commitments": rows.commitment.pk,
        "deliveries": rows.delivered.pk,
        "evaluations": rows.evaluation.pk,
        "rubrics": rows.rubric.pk,
        "rubric-items": rows.rubric.items.first().pk,
        "roster-imports": rows.roster.pk,
        "five-ones": rows.slot.code,
        "five-one-records": rows.record.pk,
        "issues": rows.issue.number,
        "patrol-checklists": rows.checklist.number,
        "patrol-plans": rows.plan.pk,
        "patrol-route-grids": rows.plan.stops.get().pk,
        "patrols": rows.patrol.number,
        "patrol-findings": rows.finding.pk,
        "users": cast.secretary.username,
        "assignments": cast.secretary.assignments.get().pk,
        **{name: getattr(row, site[name].key) for name, row in rows.walked.items()},
    }
    known = {
        "kind": "xlsx",
        "username": cast.secretary.username,
        "action": "deactivate" if "user" in route.name else "escalate",
        "field": "community",
        "document": "record",
        "slot": rows.slot.code,
        "operation": "split",
        "batch": "0123456789abcdef",
    }
    if route.name == "hub":
        known["code"] = "governance"
    if "saved" in route.name or "filter" in route.name:
        known["pk"] = rows.saved.pk
    elif route.name.startswith("inbox"):
        known["pk"] = rows.notice.pk
    elif subject.startswith("attachment"):
        known |= {"pk": rows.attachment.pk, "id": rows.attachment.pk, "owner": "issue", "key": rows.issue.pk}
    elif "token" in route.name:
        known["pk"] = known["id"] = 1
    elif "document" in route.name:
        known["kind"] = "pdf"
    elif route.name.startswith("patrol-finding"):
        known |= {"key": rows.finding.pk, "action": "withdraw"}
    elif route.name.startswith("patrol-") and subject not in keys:
        number = rows.patrol.number
        known |= {"key": number, "number": number, "pk": rows.stop.pk, "action": "end"}
    elif route.name.startswith("operations"):
        known["pk"] = rows.delivery.pk
    elif route.name == "audit-detail":
        known["pk"] = rows.entry.pk
    known |= {
        "covenants": {"number": rows.covenant.number, "action": "ask_end", "document": "agreement", "kind": "docx"},
        "deliveries": {"action": "return"},
        "needs": {"action": "withdraw"},
    }.get(subject, {})
    known |= of_case(subject) if subject in rows.walked else {}
    if route.name == "covenants-deliver":
        known["pk"] = rows.commitment.pk
    if subject in keys:
        known = {**dict.fromkeys(("key", "id", "pk", "code", "number"), keys[subject]), **known}
    known.setdefault("number", rows.issue.number)
    return {name: known[name] for name in route.arguments}


def of_case(subject) -> dict[str, str]:
    """A step and a document of the case ``subject``; {} where it is none."""
    case = site[subject]
    if not isinstance(case, Case):
        return {}
    documents = [paper.code for paper in case.papers] or ["record"]
    return {"action": case.workflow.transitions[0].action, "document": documents[0]}


def address_of(route, cast, rows) -> str:
    return reverse(route.name, kwargs=arguments_of(route, cast, rows))


@pytest.fixture
def rows(cast):
    rows = build_rows(cast)
    rows.entry = AuditEntry.objects.first()
    rows.delivery = Delivery.objects.create(message=rows.notice.message, user=cast.secretary, channel="webhook")
    return rows


def call(client, method, address):
    if method == "post" and address.startswith("/api/"):
        return client.post(address, data=json.dumps({}), content_type="application/json")
    return getattr(client, method)(address)


PRIVATE = {name: route for name, route in ROUTES.items() if name not in PUBLIC}
BUSINESS = {name: route for name, route in PRIVATE.items() if name not in PERSONAL}


def test_every_address_has_a_name_and_its_arguments_are_known(cast, rows):
    nameless = [route.template for route in routes() if route.name.endswith("None")]
    assert not nameless, "these need a name, so that they can be walked"
    assert len(ROUTES) == len(routes()), "two addresses share a name"
    for route in routes():
        address_of(route, cast, rows)


def test_the_anonymous_are_sent_to_sign_in(cast, rows):
    wrong = []
    for name, route in PRIVATE.items():
        for method in ("get", "post"):
            response = call(Client(), method, address_of(route, cast, rows))
            if route.is_api:
                fine = response.status_code in {401, 405}
            else:
                to_login = response.status_code == 302 and response["Location"].startswith("/login/")
                fine = to_login or response.status_code == 405
            if not fine:
                wrong.append((name, method, response.status_code))
    assert not wrong


def test_without_a_post_there_is_nothing(cast, rows, sign_in):
    client = sign_in(cast.nobody)
    wrong = []
    for name, route in BUSINESS.items():
        for method in ("get", "post"):
            status = call(client, method, address_of(route, cast, rows)).status_code
            if status not in {403, 404, 405}:
                wrong.append((name, method, status))
    assert not wrong


def test_administrators_do_no_business_and_business_does_not_administer(cast, rows, sign_in):
    """三员分立: the auditor sees the trail alone; everybody in business sees no administration."""
    business = {user: sign_in(user) for user in (cast.secretary, cast.officer, cast.leader, cast.department)}
    auditor = {cast.auditor: sign_in(cast.auditor)}
    wrong = []
    for name, route in BUSINESS.items():
        if name.startswith("audit"):
            clients = business
        elif name.startswith(ADMINISTRATION):
            clients = business | auditor
        else:
            clients = auditor
        address = address_of(route, cast, rows)
        for user, client in clients.items():
            for method in ("get", "post"):
                status = call(client, method, address).status_code
                if status not in {403, 404, 405}:
                    wrong.append((name, str(user), method, status))
    assert not wrong


def test_a_strangers_row_does_not_exist(cast, rows, sign_in):
    """A row of community 1, opened or posted to from outside: 404 (or refused for lack of the right)."""
    clients = {user: sign_in(user) for user in (cast.other_officer, cast.sibling, cast.sibling_leader)}
    wrong = []
    for name, route in PRIVATE.items():
        subject = subject_of(name)
        if not route.arguments or subject in REFERENCE or name.endswith("-choices") or name == "audit-export":
            continue
        address = address_of(route, cast, rows)
        for user, client in clients.items():
            if subject in DIRECTORIES and user != cast.other_officer:
                continue
            for method in ("get", "post"):
                response = call(client, method, address)
                if response.status_code not in {403, 404, 405} or MARK in readable(response):
                    wrong.append((name, str(user), method, response.status_code))
    assert not wrong


@pytest.mark.parametrize("who", ["other_officer", "department", "sibling"])
def test_no_stranger_reads_anything_of_community_1(cast, rows, sign_in, who):
    """Whatever a page, export, list, choice or figure shows to another place: community 1 is not in it."""
    client = sign_in(getattr(cast, who))
    queries = ("", f"?q={MARK[:2]}", f"?community={cast.c1.code}", f"?place={cast.c1.code}")
    wrong = []
    for name, route in PRIVATE.items():
        if (route.arguments and not name.endswith("-choices")) or name in PARTNERS:
            continue
        if who == "sibling" and (subject_of(name) in DIRECTORIES or name.endswith("-choices")):
            continue
        address = address_of(route, cast, rows)
        for query in queries[:1] if name.endswith(UNASKED) else queries:
            text = readable(client.get(address + query))
            if MARK in text:
                wrong.append((name, query, text[max(text.index(MARK) - 60, 0) :][:90]))
                break
    assert not wrong

"""What the portal answers, written down: to be compared before and after a change that must not change it.

Usage: ``RECORD_TO=new.json python -m pytest tests/contracts/record.py``, then ``python -m tests.contracts.compare
old.json new.json``. With ``RECORD_PAGES=folder`` the text of every answer is kept there, for ``diff --recursive``.
``-k "api or cast"`` and ``-k demo`` record a half each, in half the time.

Two worlds are walked by one user of each role, the clock standing still: the cast with one row of each kind, and
the demo district with rows in each state. In the first one every address is opened and, with an empty form, posted
to; in both, what the pages lead to is opened too. Nothing that a request writes outlives it.

``record["worlds"][world][template][which row][users]`` is an answer, ``record["api"][path][method]`` what the OpenAPI
document says. Pytest collects this file only by its name.
"""

import hashlib
import io
import json
import logging
import os
import re
import zipfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from django.urls import Resolver404, resolve
from django.utils import timezone
from python_calamine import CalamineWorkbook

from tests.contracts import test_scope, walk

ANONYMOUS = "anonymous"
USERS = (
    *("district", "street.1", "community.1", "grid.1", "area.1", "department.1", "unit.1"),
    *("auditor", "security", "system", ANONYMOUS),
)
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # a Wednesday, ten o'clock
DEMO = {"scale": 0.02, "seed": 7, "today": NOW.date()}
# What tells rows of one register apart: the first of these that the model has.
STATES = ("status", "state", "decision", "handling", "side", "role", "kind", "level")
# Arguments of an address that name a row, and so say nothing about which page it is.
KEYS = {"key", "id", "pk", "number", "code", "username", "batch", "slot"}
AGAIN = 2  # how many rows' pages are opened of those that pages lead to, and how many sets of filters of a list
# Differ from run to run.
MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "HEX"),
    (re.compile(r"\b[A-Za-z0-9]{64}\b"), "TOKEN"),
    (re.compile(r"\b\w{5}-\w{5}-\w{5}\b", re.ASCII), "PASSWORD"),
    (re.compile(r"T\d\d:\d\d:\d\d(\.\d+)?"), "TIME"),
)


def masked(text: str) -> str:
    """``text`` without what is random or of the clock."""
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text


def squeezed(text: str) -> str:
    """``text`` on one line."""
    return masked(" ".join(text.split()))


# --- reading answers -----------------------------------------------------------------------


class Page(HTMLParser):
    """The parts of a page that its users read and press."""

    LISTED = {"title", "h1", "h2", "h3", "th", "dt", "label", "legend", "summary", "option"}
    SILENT = {"script", "style"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: dict[str, list[str]] = defaultdict(list)
        self.addresses: list[str] = []
        self.text: list[str] = []
        self._open: list[tuple[str, str, list[str]]] = []
        self._navigation = self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        """See HTMLParser."""
        has = {name: value or "" for name, value in attrs}
        if tag == "nav":
            self._navigation += 1
        if tag in self.SILENT:
            self._silent += 1
        self._addresses(tag, has)
        if tag in {"input", "select", "textarea"} and has.get("name"):
            self.parts["fields"].append(f"{has['name']} ({has.get('type', 'text') if tag == 'input' else tag})")
        if tag == "input" and has.get("type") in {"submit", "button"}:
            self.parts["buttons"].append(squeezed(has.get("value", "")))
        is_button = tag == "button" or (tag == "a" and "btn" in has.get("class", "").split())
        if is_button or tag in self.LISTED:
            self._open.append((tag, "buttons" if is_button else tag, []))
            if is_button and (label := has.get("aria-label") or has.get("title")):
                self._open[-1][2].append(f"[{label}] ")

    def handle_endtag(self, tag):
        """See HTMLParser."""
        if tag == "nav":
            self._navigation -= 1
        if tag in self.SILENT:
            self._silent -= 1
        while any(name == tag for name, _kind, _text in self._open):
            name, kind, text = self._open.pop()
            if (said := squeezed("".join(text))) and kind != "option":
                self.parts[kind].append(said)
            if name == tag:
                break

    def handle_data(self, data):
        """See HTMLParser."""
        if self._silent:
            return
        if data.strip():
            self.text.append(squeezed(data))
        for _name, kind, text in self._open:
            if kind == "option" or all(other != "option" for _n, other, _t in self._open):
                text.append(data)

    def _addresses(self, tag, has):
        if tag == "form":
            method = has.get("method", "get").lower()
            self.parts["forms"].append(f"{method} {template_of(has.get('action', ''))}")
        for name in ("hx-get", "hx-post"):
            if name in has:
                self.parts["forms"].append(f"{name} {template_of(has[name])}")
        found = [has.get("hx-get")]
        if tag in {"a", "iframe", "object"}:
            found.append(has.get("href") or has.get("src") or has.get("data"))
        for address in filter(None, found):
            if not address.startswith(("/", "?")):
                continue
            self.addresses.append(address)
            names = sorted({name for name, _value in parse_qsl(urlsplit(address).query, keep_blank_values=True)})
            link = template_of(address) + (f" ?{'&'.join(names)}" if names else "")
            self.parts["menu" if self._navigation else "links"].append(link)


def template_of(address: str) -> str:
    """``/issues/SZ-2026-000001/close/`` → ``/issues/{}/close/``: the address, but for what names a row."""
    path = urlsplit(address).path
    if not path:
        return "(itself)"
    try:
        arguments = resolve(path).kwargs
    except Resolver404:
        return f"(no page) {masked(path)}"
    keys = {str(value) for name, value in arguments.items() if name in KEYS}
    return "/".join("{}" if part in keys else part for part in path.split("/"))


def key_paths(value, path: str = "") -> set[str]:
    """``{"a": [{"b": 1}]}`` → ``{"a[].b: int"}``."""
    if isinstance(value, dict) and value:
        return set().union(*(key_paths(inner, f"{path}.{name}" if path else name) for name, inner in value.items()))
    if isinstance(value, list) and value:
        return set().union(*(key_paths(inner, f"{path}[]") for inner in value))
    return {f"{path}: {type(value).__name__}"}


def body_of(response) -> bytes:
    """The bytes of an answer."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def read_page(body: bytes, told: dict, addresses: list[str]) -> str:
    """Tell the parts of a page; returns its text."""
    page = Page(body.decode("utf-8", "replace"))
    in_order = {"title", "h1", "h2", "h3", "th", "dt", "label", "legend", "summary"}
    for kind, found in page.parts.items():
        told[kind] = found if kind in in_order else sorted(set(found))
    addresses += page.addresses
    return "\n".join(page.text)


def read_json(body: bytes, told: dict, addresses: list[str]) -> str:
    """Tell the keys of a JSON answer; returns it with its keys in order."""
    value = json.loads(body)
    told["keys"] = sorted(key_paths(value))
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False)


def read_sheets(body: bytes, told: dict, addresses: list[str]) -> str:
    """Tell the sheets and headings of an Excel file; returns its cells."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    rows = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    told["headings"] = {name: [str(cell) for cell in sheet[0]] if sheet else [] for name, sheet in rows.items()}
    return "\n".join(str(row) for sheet in rows.values() for row in sheet)


def read_word(body: bytes, told: dict, addresses: list[str]) -> str:
    """The text of a Word file."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        document = archive.read("word/document.xml").decode()
    return "\n".join(re.findall(r"<w:t[ >][^<]*", document))


READERS = {
    "text/html": read_page,
    "json": read_json,
    "spreadsheetml.sheet": read_sheets,
    "wordprocessingml.document": read_word,
    "text/": lambda body, told, addresses: body.decode(),
    "xml": lambda body, told, addresses: body.decode(),
}


def answer(response) -> tuple[dict, list[str], str]:
    """What is recorded of ``response``, the addresses that it leads to, and its text."""
    kind = response.get("Content-Type", "")
    told: dict = {"status": response.status_code, "type": kind}
    for header in ("Allow", "Content-Disposition", "HX-Redirect", "HX-Trigger", "Cache-Control", "Vary"):
        if header in response:
            told[header] = masked(response[header])
    addresses: list[str] = []
    if "Location" in response:
        addresses.append(response["Location"])
        query = urlsplit(response["Location"]).query
        told["Location"] = template_of(response["Location"]) + (f" ?{masked(query)}" if query else "")
    body, text = body_of(response), ""
    for part, reader in READERS.items():
        if part in kind and body:
            text = masked(reader(body, told, addresses))
            told["text"] = hashlib.sha256(text.encode()).hexdigest()[:12]
            break
    else:
        told["empty"] = not body
    return told, addresses, text


def file_name(text: str) -> str:
    """``text`` as the name of a file."""
    return re.sub(r"[^\w.={}-]+", "_", text)


# --- walking -------------------------------------------------------------------------------


class Walk:
    """Opens addresses as every user and keeps the answers by template, row and user."""

    def __init__(self, world: str, pages: Path | None) -> None:
        self.world, self.pages = world, pages
        self.answers: dict = defaultdict(lambda: defaultdict(dict))
        self.found: dict[str, list[str]] = defaultdict(list)
        self.opened: dict[str, set[str]] = defaultdict(set)
        self.clients = {name: self._signed_in(name) for name in USERS}

    @staticmethod
    def _signed_in(name: str) -> Client:
        client = Client(raise_request_exception=False)
        if name != ANONYMOUS:
            user = get_user_model().objects.get(username=name)
            client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    def open(self, address: str, which: str, name: str, method: str = "get") -> None:
        """Ask for ``address`` as the user ``name``; whatever that writes is taken back."""
        template = template_of(address)
        if name in self.answers[template][which]:
            return
        client = self.clients[name]
        kept = client.cookies.output(header="", sep=";")
        cache.clear()
        with transaction.atomic():
            if method == "post" and address.startswith("/api/"):
                response = client.post(address, data="{}", content_type="application/json")
            else:
                response = getattr(client, method)(address)
            told, addresses, text = answer(response)
            transaction.set_rollback(True)
        client.cookies = SimpleCookie(kept)
        self.answers[template][which][name] = told
        if template != "/":
            told.pop("menu", None)
        if method == "get":
            self.opened[name].add(address)
            base = urlsplit(address).path
            self.found[name] += [base + found if found.startswith("?") else found for found in addresses]
        if self.pages and text:
            folder = self.pages / self.world / file_name(template)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file_name(f"{which}.{name}.txt")).write_text(text + "\n")

    def everybody(self, address: str, which: str, method: str = "get") -> None:
        """Ask for ``address`` as every user."""
        for name in USERS:
            self.open(address, which, name, method)

    def follow(self) -> None:
        """Open what the pages led to, for each page and set of parameters the first few rows."""
        for name in USERS:
            opened: dict = defaultdict(int)
            while self.found[name]:
                address = self.found[name].pop(0).partition("#")[0]
                parts = urlsplit(address)
                page = template_of(address)
                if address in self.opened[name] or parts.netloc or page.startswith("("):
                    continue
                names = "&".join(sorted(dict(parse_qsl(parts.query, keep_blank_values=True))))
                which = f"led to ?{names}" if names else "led to"
                if names and name in self.answers[page][which]:
                    continue
                opened[page, bool(names)] += 1
                if opened[page, bool(names)] <= (AGAIN if "{}" in page or names else 1):
                    self.open(address, which if names else f"{which} #{opened[page, False]}", name)

    def folded(self) -> dict:
        """The answers, users with the same one together."""
        told: dict = {}
        for template, rows in self.answers.items():
            for which, by_user in rows.items():
                same: dict[str, list[str]] = defaultdict(list)
                for name, said in by_user.items():
                    same[json.dumps(said, sort_keys=True)].append(name)
                if same:
                    folded = {", ".join(names): json.loads(said) for said, names in same.items()}
                    told.setdefault(template, {})[which] = folded
        return told


def ways_to(model, target: str, depth: int = 3) -> str:
    """The shortest path of foreign keys from ``model`` to the model named ``target``; "" without one."""
    reached = [("", model)]
    for _ in range(depth):
        if paths := [path for path, row in reached if path and row.__name__ == target]:
            return paths[0]
        reached = [
            (f"{path}__{field.name}".removeprefix("__"), field.related_model)
            for path, row in reached
            for field in row._meta.concrete_fields
            if field.many_to_one and field.related_model is not model
        ]
    return next((path for path, row in reached if row.__name__ == target), "")


def rows_by_state(model):
    """Of each state of a model's rows the first ones of the users' own community, area, unit or department."""
    names = {field.name for field in model._meta.concrete_fields}
    state = next((name for name in STATES if name in names), "")
    rows = model._base_manager.order_by("pk")
    values: list = sorted(rows.order_by().values_list(state, flat=True).distinct(), key=str) if state else [""]
    posts = {name: get_user_model().objects.get(username=name).assignments.get() for name in USERS[:7]}
    ways = {
        "community.1": (ways_to(model, "Community"), "community"),
        "area.1": (ways_to(model, "Area"), "area"),
        "unit.1": (ways_to(model, "Organisation"), "organisation"),
        "department.1": (ways_to(model, "Organisation"), "organisation"),
        "street.1": (ways_to(model, "Street"), "street"),
    }
    for value in values:
        here = rows.filter(**{state: value}) if state else rows
        first: dict = {}
        for name, (way, target) in ways.items():
            if not way or (name == "street.1" and first):
                continue
            if row := here.filter(**{way: getattr(posts[name], target)}).first():
                first[name] = row
        if not first and (row := here.first()):
            first = {"anybody": row}
        for whose, row in first.items():
            yield f"{state}={value} of {whose}", row


def registers() -> dict:
    """Every register by its name, as the addresses know them."""
    found = {}
    for route in walk.routes():
        callback = route.pattern.callback
        for given in (getattr(callback, "view_initkwargs", {}), getattr(callback, "initkwargs", {})):
            if register := given.get("register"):
                found[register.name] = register
    return found


# --- what the API promises ---------------------------------------------------------------------


def schema_paths(schema: dict, document: dict, path: str = "", outer: tuple[str, ...] = ()) -> set[str]:
    """``{"a[].b: string"}`` for a schema of the OpenAPI document, whatever its components are called."""
    while reference := schema.get("$ref"):
        if reference in outer:
            return {f"{path}: (recursive)"}
        outer = (*outer, reference)
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    found: set[str] = set()
    for kind in ("allOf", "oneOf", "anyOf"):
        for inner in schema.get(kind, ()):
            found |= schema_paths(inner, document, path, outer)
    if "items" in schema:
        found |= schema_paths(schema["items"], document, f"{path}[]", outer)
    for name, inner in schema.get("properties", {}).items():
        mark = "*" if name in schema.get("required", ()) else ""
        found |= schema_paths(inner, document, f"{path}.{name}{mark}" if path else f"{name}{mark}", outer)
    if isinstance(inner := schema.get("additionalProperties"), dict):
        found |= schema_paths(inner, document, f"{path}{{}}", outer)
    if not found:
        told = {name: schema[name] for name in sorted(schema) if name not in {"description", "title", "properties"}}
        found = {f"{path}: {json.dumps(told, ensure_ascii=False, sort_keys=True)}"}
    return found


def operations(document: dict) -> dict:
    """Path → method → what it takes and answers."""

    def contents(part):
        return {
            kind: sorted(schema_paths(content.get("schema", {}), document))
            for kind, content in part.get("content", {}).items()
        }

    return {
        path: {
            method: {
                "id": operation.get("operationId", ""),
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "tags": operation.get("tags", []),
                "parameters": sorted(
                    f"{one['in']} {one['name']}{'*' if one.get('required') else ''} "
                    + ", ".join(sorted(schema_paths(one.get("schema", {}), document)))
                    for one in operation.get("parameters", ())
                ),
                "request": contents(operation.get("requestBody", {})),
                "responses": {status: contents(part) for status, part in operation.get("responses", {}).items()},
            }
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }


# --- recording ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record():
    """What is recorded; written when all of it is there."""
    if not (path := os.environ.get("RECORD_TO")):
        pytest.skip("RECORD_TO names no file")
    told: dict = {"worlds": {}}
    logging.disable()  # of thousands of refusals
    yield told
    logging.disable(logging.NOTSET)
    Path(path).write_text(json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


@pytest.fixture
def pages() -> Path | None:
    """The folder for the texts of all answers, if they are wanted."""
    return Path(path) if (path := os.environ.get("RECORD_PAGES")) else None


@pytest.fixture
def clock(monkeypatch):
    """The time is :data:`NOW`, a millisecond later at every look; ``clock.stop()``: from now on it stands still."""

    class Clock(datetime):
        looks = count()
        stopped = False

        @classmethod
        def look(cls) -> datetime:
            return NOW + (timedelta(minutes=10) if cls.stopped else timedelta(milliseconds=next(cls.looks)))

        @classmethod
        def now(cls, tz=None) -> datetime:
            return cls.look().astimezone(tz)

        @classmethod
        def stop(cls) -> None:
            cls.stopped = True

    def now():
        return look_at_clock()  # noqa: F821 -- read in the module of timezone.now

    # The function itself is changed, as columns hold it as their default.
    monkeypatch.setattr(timezone, "look_at_clock", Clock.look, raising=False)
    monkeypatch.setattr(timezone.now, "__code__", now.__code__)
    monkeypatch.setattr("django.template.defaulttags.datetime", Clock)
    return Clock


def test_record_the_api(record, client, db):
    record["api"] = operations(client.get("/api/v1/schema/").json())


@pytest.fixture
def cast_at_noon(clock, cast):
    """The cast and its rows, made while the recorded clock runs."""
    rows = walk.build_rows(cast)
    rows.entry = apps.get_model("audit", "AuditEntry").objects.first()
    rows.delivery = apps.get_model("notices", "Delivery").objects.create(
        message=rows.notice.message, user=cast.secretary, channel="webhook"
    )
    return cast, rows


def test_record_the_cast(record, cast_at_noon, clock, pages):
    cast, rows = cast_at_noon
    clock.stop()
    walked = Walk("cast", pages)
    for route in walk.routes():
        address = test_scope.address_of(route, cast, rows)
        walked.everybody(address, "GET")
        walked.everybody(address, "POST", "post")
    walked.follow()
    record["worlds"]["cast"] = walked.folded()


def test_record_the_demo(record, clock, pages, db):
    with override_settings(DEMO=True):
        call_command("load_demo", verbosity=0, **DEMO)
        clock.stop()
        walked = Walk("demo", pages)
        for route in walk.routes():
            if not route.arguments:
                walked.everybody("/" + re.sub(r"[\^$]", "", route.template), "GET")
        places = {
            f"/{register.app}/{register.name}": (register.model, register.key) for register in registers().values()
        }
        places |= {f"/api/v1/{register.name}": (register.model, register.key) for register in registers().values()}
        issue = apps.get_model("grids", "Issue")
        places |= {"/issues": (issue, "number"), "/api/v1/issues": (issue, "number")}
        for place, (model, key) in sorted(places.items()):
            for which, row in rows_by_state(model):
                for rest in ("", "edit/") if not place.startswith("/api") else ("",):
                    address = f"{place}/{getattr(row, key)}/{rest}"
                    if not template_of(address).startswith("("):
                        walked.everybody(address, which)
        walked.follow()
        record["worlds"]["demo"] = walked.folded()

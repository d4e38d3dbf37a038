"""The browser libraries in static/ are exactly what static/vendor/lock.json says, and ask nobody else."""

import hashlib
import importlib.util
import json
import re

import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "static"
LOCK = json.loads((STATIC / "vendor" / "lock.json").read_text())
FILES = [file for entry in LOCK for file in entry["files"]]
SHIPPED = sorted(path for path in STATIC.rglob("*") if path.suffix in {".css", ".js", ".svg"})
EMBEDDED = re.compile(r'url\("?data:[^)]*?"\)|url\(data:[^)]*\)')
LOADED = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"']?)\s*(?:https?:)?//", re.IGNORECASE)


def test_every_package_names_its_version_and_licence():
    for entry in LOCK:
        assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"]), entry["package"]
        assert entry["licence"] in {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC"}, entry["package"]
        assert entry["files"], entry["package"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["path"])
def test_a_file_is_what_the_lock_says(file):
    assert hashlib.sha256((STATIC / file["path"]).read_bytes()).hexdigest() == file["sha256"]


def test_no_library_is_missing_from_the_lock():
    locked = {file["path"] for file in FILES}
    found = {str(path.relative_to(STATIC)) for path in SHIPPED if ".min." in path.name}
    assert found <= locked


def test_the_small_style_sheet_of_the_phone_holds_all_that_its_pages_use():
    """After a page of the phone uses a further class: python static/vendor/tabler/build_field.py --update."""
    script = STATIC / "vendor" / "tabler" / "build_field.py"
    spec = importlib.util.spec_from_file_location("build_field", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made, stored = module.build(), (STATIC / module.PATH).read_bytes()
    assert made == stored, f"run python {script.relative_to(settings.BASE_DIR)} --update"
    assert len(stored) < 80_000


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(STATIC)))
def test_a_file_asks_for_no_source_map_and_no_other_host(path):
    text = path.read_text()
    assert "sourceMappingURL" not in text
    if path.suffix == ".css":
        assert not LOADED.search(EMBEDDED.sub("", text))


def test_every_icon_that_a_page_names_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    named = set()
    for template in (settings.BASE_DIR / "templates").rglob("*.html"):
        named |= set(re.findall(r'{%\s*icon\s+"([^"]+)"', template.read_text()))
    from_navigation = re.findall(r'Entry\("[^"]+", "[^"]+", "([^"]+)"', _source("suzhou_portal/navigation.py"))
    assert named
    assert from_navigation
    assert (named | set(from_navigation)) <= drawn


def _source(path: str) -> str:
    return (settings.BASE_DIR / path).read_text()

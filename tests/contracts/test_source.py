"""What the source itself must keep to, whoever adds to it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps

from suzhou_portal.lib.topics import topics_of

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("suzhou_portal", "streets", "communities", "grids", "covenants")
SURFACES = ("views", "api", "filters", "forms", "register", "pages", "waiting")
IN_SCOPE = re.compile(
    r"\buser=(self\.|request\.)*user\b|visible_to\(|editable_by\(|in_hand_of\(|(manager|objects)\.none\("
)
MANAGERS = {"objects", "_default_manager", "_base_manager"}


def sources():
    command = ["git", "ls-files", "-co", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        path = Path(name)
        if path.parts[0] in PACKAGES and "migrations" not in path.parts and (ROOT / path).exists():
            yield path


def is_surface(path):
    if "management" in path.parts or "demo" in path.parts:
        return False
    return path.stem in SURFACES or path.parent.name in SURFACES or path.parts[:2] == ("suzhou_portal", "dashboards")


def statements_with_managers(tree):
    """The innermost statements that reach for a model's manager."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.stmt)
            and not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.With, ast.Try, ast.While))
            and any(isinstance(part, ast.Attribute) and part.attr in MANAGERS for part in ast.walk(node))
        ):
            yield node


@pytest.mark.parametrize("path", [path for path in sources() if is_surface(path)], ids=str)
def test_surfaces_fetch_rows_in_scope_only(path):
    """Views, endpoints, forms and filters reach rows through ``visible_to`` or say why they need not."""
    text = (ROOT / path).read_text()
    lines = text.splitlines()
    for node in statements_with_managers(ast.parse(text)):
        block = "\n".join(lines[max(node.lineno - 2, 0) : node.end_lineno])
        own = re.search(
            r"\buser=(self\.|request\.)*user\b|visible_to\(|editable_by\(|in_hand_of\(|(manager|objects)\.none\(", block
        )
        assert own or "# unscoped:" in block, f"{path}:{node.lineno} fetches rows without visible_to()"


@pytest.mark.parametrize("path", list(sources()), ids=str)
def test_only_the_workflow_sets_a_status(path):
    if path == Path("suzhou_portal/lib/cases/workflow.py"):
        return
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == "status":
                owner = ast.unparse(target.value)
                # A new row begins with its status; answers and idempotency records have HTTP statuses.
                allowed = (str(path), owner) in {("grids/issues/services.py", "issue")}
                assert allowed or owner in {"response", "record"}, f"{path}:{node.lineno} assigns status"


def test_templates_have_no_inline_script_or_style():
    for path in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
        for line_number, line in enumerate(text.splitlines(), 1):
            lowered = line.lower()
            assert "style=" not in lowered or "data-style=" in lowered, f"{path}:{line_number} inline style"
            assert "javascript:" not in lowered, f"{path}:{line_number}"
            assert " onclick=" not in lowered, f"{path}:{line_number}"
            if "<script" in lowered:
                assert "src=" in lowered or "application/json" in lowered, f"{path}:{line_number} inline script"


def test_no_identity_numbers_or_key_person_fields():
    """Lines that the portal does not cross: no column may hold them."""
    forbidden = ("id_number", "id_card", "identity", "birth", "health", "religion", "face", "plate", "latitude", "gps")
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            assert not any(word in field.name for word in forbidden), f"{model.__name__}.{field.name}"


HALF_WIDTH = re.compile(r"[一-鿿][,;:?()]|[,;:?()][一-鿿]")


def texts_of(path):
    """What users may read in a file: of Python the strings that are neither docstrings nor patterns, else all."""
    source = (ROOT / path).read_text()
    if path.suffix != ".py":
        return [source]
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
    return [node.value for node in nodes if isinstance(node.value, str) and r"\d" not in node.value]


def test_chinese_is_set_with_chinese_punctuation():
    """，；：？（） beside Chinese characters, never , ; : ? ( )."""
    pages = [path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html")]
    scripts = [path.relative_to(ROOT) for path in (ROOT / "static" / "js").glob("*.js")]
    demo = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("demo_sayings.toml")]
    wrong = [
        (str(path), found[0])
        for path in (*sources(), *pages, *scripts, *demo)
        for text in texts_of(path)
        if (found := HALF_WIDTH.search(text))
    ]
    assert wrong == []


@pytest.mark.parametrize("config", [config for config in apps.get_app_configs() if hasattr(config, "topics")], ids=str)
def test_an_app_orders_its_topics(config):
    """A topic that is left out is found last; a name that is none of a folder says nothing at all."""
    folders = {name.rpartition(".")[2] for name in topics_of(config)}
    assert set(config.topics) == folders
    assert len(config.topics) == len(folders)

"""The worked example of the README ("Adding a case"), taken out of it and walked through in an app of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n# communities/repairs/(\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTINGS = """
from suzhou_portal.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "scratch"]  # noqa: F405
"""
APP = """
from django.apps import AppConfig


class ScratchConfig(AppConfig):
    name = "scratch"
    verbose_name = "试用"
    topics = ("repairs",)
"""


def example():
    """File name → text, as the README has them."""
    return dict(BLOCK.findall((ROOT / "README.md").read_text()))


def test_it_is_short():
    text = "\n".join(example().values())
    assert set(example()) == {"models.py", "workflow.py", "register.py", "figures.py"}
    assert len([line for line in text.splitlines() if line.strip()]) <= 150


@pytest.mark.slow
def test_it_works_on_every_surface(tmp_path):
    topic = tmp_path / "scratch" / "repairs"
    (tmp_path / "scratch" / "migrations").mkdir(parents=True)
    topic.mkdir()
    for folder in (tmp_path / "scratch", tmp_path / "scratch" / "migrations", topic):
        (folder / "__init__.py").touch()
    for name, text in example().items():
        text = text.replace("communities.repairs", "scratch.repairs").replace(
            "/communities/repairs/", "/scratch/repairs/"
        )
        (topic / name).write_text(text)
    (tmp_path / "scratch" / "apps.py").write_text(APP)
    (tmp_path / "scratch" / "models.py").write_text(
        "from scratch.repairs.models import Repair, RepairEvent\n\n__all__ = ['Repair', 'RepairEvent']\n"
    )
    (tmp_path / "scratch_settings.py").write_text(SETTINGS)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.conftest"]\n')
    walk = tmp_path / "test_walk.py"
    walk.write_text(Path(__file__).with_name("readme_case_walk.py").read_text())
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTEST_XDIST_WORKER")},
        "DJANGO_SETTINGS_MODULE": "scratch_settings",
        "PORTAL_DEBUG": "1",
        "PORTAL_STATE_DIR": str(tmp_path / "state"),
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
    }

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

    run("manage.py", "makemigrations", "scratch", "--verbosity", "0")
    run(
        *("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--ds=scratch_settings"),
        *(f"--rootdir={tmp_path}", "-c", str(ROOT / "pyproject.toml"), str(walk)),
    )

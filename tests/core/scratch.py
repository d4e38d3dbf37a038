"""An app called ``scratch`` beside the portal's own, made of given files: walked in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
from suzhou_portal.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "scratch"]  # noqa: F405
"""
APP = """
from django.apps import AppConfig


class ScratchConfig(AppConfig):
    name = "scratch"
    verbose_name = "试用"
    topics = ("{topic}",)
"""


def walk(tmp_path, topic, files, models, tests):
    """Run the test modules ``tests`` (file names beside this one) over an app of one ``topic``.

    ``files``: file name → text; ``models``: the names of its models. Fails with what the process said.
    """
    folder = tmp_path / "scratch" / topic
    (tmp_path / "scratch" / "migrations").mkdir(parents=True)
    folder.mkdir()
    for package in (tmp_path / "scratch", tmp_path / "scratch" / "migrations", folder):
        (package / "__init__.py").touch()
    for name, text in files.items():
        (folder / name).write_text(text)
    (tmp_path / "scratch" / "apps.py").write_text(APP.format(topic=topic))
    named = ", ".join(models)
    gathered = f"from scratch.{topic}.models import {named}\n\n__all__ = {list(models)!r}\n"
    (tmp_path / "scratch" / "models.py").write_text(gathered)
    (tmp_path / "scratch_settings.py").write_text(SETTINGS)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.conftest"]\n')
    for name in tests:
        (tmp_path / f"test_{name}").write_text(Path(__file__).with_name(name).read_text())
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
        *(
            f"--rootdir={tmp_path}",
            "-c",
            str(ROOT / "pyproject.toml"),
            *(str(tmp_path / f"test_{name}") for name in tests),
        ),
    )

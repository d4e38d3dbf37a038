"""An issue of community 1, and a folder of its own for each test."""

import pytest

from tests import factories as make


@pytest.fixture
def folder(settings, tmp_path):
    """Where the files of this test lie."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def stored_files(folder):
    """``stored_files()`` → the names of all files that lie on the disk now."""
    return lambda: sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def issue(cast):
    return make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯不亮")

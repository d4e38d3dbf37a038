"""A case with secrets that are erased in time (``tests/core/tips``), walked through in an app of its own."""

import pytest

from tests.core import scratch


@pytest.mark.slow
def test_it_keeps_its_secrets_forgets_in_time_and_takes_steps_in_bulk(tmp_path):
    folder = scratch.ROOT / "tests" / "core" / "tips"
    files = {path.name: path.read_text() for path in folder.glob("*.py")}
    scratch.walk(
        tmp_path, "tips", files, ["Tip", "TipEvent", "Visit"], ["tips_secrecy.py", "tips_erasing.py", "tips_bulk.py"]
    )

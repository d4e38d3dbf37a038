"""The worked example of the README ("Adding a case"), taken out of it and walked through in an app of its own."""

import re

import pytest

from tests.core import scratch

BLOCK = re.compile(r"^```python\n# communities/repairs/(\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def example():
    """File name → text, as the README has them."""
    return dict(BLOCK.findall((scratch.ROOT / "README.md").read_text()))


def moved(text):
    """The text of a file as the app ``scratch`` has it."""
    return text.replace("communities.repairs", "scratch.repairs").replace("/communities/repairs/", "/scratch/repairs/")


def test_it_is_short():
    text = "\n".join(example().values())
    assert set(example()) == {"models.py", "workflow.py", "register.py", "figures.py"}
    assert len([line for line in text.splitlines() if line.strip()]) <= 150


@pytest.mark.slow
def test_it_works_on_every_surface(tmp_path):
    files = {name: moved(text) for name, text in example().items()}
    scratch.walk(tmp_path, "repairs", files, ["Repair", "RepairEvent"], ["readme_case_walk.py"])

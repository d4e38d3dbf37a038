"""How well categories are suggested: sentences with their right category, and how often it comes first.

``sentences.csv`` has two parts: ``shown`` were at hand while the words of the categories were written, ``held`` were
written afterwards and no word was changed for them: these tell how well sentences fare that nobody has seen.
"""

from dataclasses import dataclass
from pathlib import Path

from grids.categories.models import IssueCategory
from grids.categories.suggesting import suggest_categories
from suzhou_portal.lib.rows.reference import rows_of

SENTENCES = Path(__file__).with_name("sentences.csv")
FEW = 3
NAMES = {"shown": "编写时参考的例句", "held": "留出的例句"}


@dataclass(frozen=True)
class Answer:
    """One sentence: its right category, and the codes that were suggested, best first."""

    text: str
    code: str
    part: str
    suggested: tuple[str, ...]

    def within(self, few: int) -> bool:
        """The right one is among the first ``few``."""
        return self.code in self.suggested[:few]


def measure(path: Path = SENTENCES) -> list[Answer]:
    """What is suggested for each sentence of the file. One query."""
    # unscoped: categories are reference data, open to everybody who is signed in
    categories = list(IssueCategory.objects.usable())

    def answer(row: dict[str, str]) -> Answer:
        found = suggest_categories(row["text"], categories, FEW)
        return Answer(row["text"], row["code"], row["part"], tuple(category.code for category in found))

    return [answer(row) for row in rows_of(path)]


def parts_of(answers: list[Answer]) -> dict[str, list[Answer]]:
    """The whole, then each part, by its Chinese name."""
    parts = {"全部例句": answers}
    for part in dict.fromkeys(answer.part for answer in answers):
        parts[NAMES.get(part, part)] = [answer for answer in answers if answer.part == part]
    return parts


def rate(answers: list[Answer], few: int) -> float:
    """The share of sentences whose right category is among the first ``few``; 0 for none."""
    return sum(answer.within(few) for answer in answers) / len(answers) if answers else 0.0

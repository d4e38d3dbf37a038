"""6,550 rows with 40 errors: all 40 by name, the rest imported, undone exactly."""

import pytest

from communities.models import Community
from grids.places.models import Grid, GridPost
from grids.rosters.models import RosterImport
from tests import factories as make
from tests.grids.rosters.made import HEAD, PAGE, terms
from tests.registers.test_files import sheets, token_of, workbook

pytestmark = pytest.mark.dialect
ROWS, ERRORS = 6550, 40


def build(cast):
    """A street with 6,550 grids in a handful of communities, each with its leader."""
    grids = []
    for number in range(10, 17):
        community = make.saved(Community(code=f"{cast.s1.code}{number:03d}", name=f"社区{number}", street=cast.s1))
        group = make.make_grid(community, 1)
        compounds = [
            Grid(
                code=f"{group.code}{n:03d}",
                name=f"{n}号院",
                kind="compound",
                community=community,
                street=cast.s1,
                parent=group,
                starts=make.LONG_AGO,
            )
            for n in range(1, 940)
        ]
        grids += Grid.objects.bulk_create(compounds)
    grids = grids[:ROWS]
    GridPost.objects.bulk_create(
        [GridPost(grid=grid, community_id=grid.community_id, street_id=grid.street_id, name=f"旧{chr(0x4E00 + n)}",
                  telephone="13900000001", starts=make.LONG_AGO) for n, grid in enumerate(grids)]
    )  # fmt: skip
    return grids


def spoil(rows, cast):
    """Plant the errors: ten kinds, four of each; returns the numbers of their rows in the file."""
    ways = (
        lambda row, n: [f"62090209{n:04d}999", *row[1:]],
        lambda row, n: [cast.g3.code, *row[1:]],
        lambda row, n: [*row[:4], "", *row[5:]],
        lambda row, n: [*row[:5], "电话一三九", *row[6:]],
        lambda row, n: [*row[:3], "大组长", *row[4:]],
        lambda row, n: [*row[:4], "王11010519491231002X", *row[5:]],
        lambda row, n: [*row[:7], "2999-01-01"],
        lambda row, n: [*row[:7], "2019-01-01"],
        lambda row, n: [row[0], "别的网格", *row[2:]],
        lambda row, n: list(rows[n - 1]),
    )
    wrong = []
    for index in range(ERRORS):
        n = 100 + index * 150
        rows[n] = ways[index % len(ways)](rows[n], n)
        wrong.append(n + 2)  # the head is row 1
    return wrong


@pytest.mark.slow
def test_a_roster_of_6550_rows_with_40_errors(cast, sign_in):
    grids = build(cast)
    client = sign_in(cast.officer)
    head, *down = sheets(client.get("/grids/grid-posts/template/", {"place": cast.s1.code}))
    assert head == HEAD
    held = {grid.code for grid in grids}
    rows = [[*row[:4], f"新{row[4][1:]}", "", "", ""] for row in down if row[0] in held]
    assert len(rows) == ROWS
    wrong = spoil(rows, cast)
    before = terms()
    given = {"place": cast.s1.code, "effective": "2026-03-01"}
    preview = client.post(PAGE, {**given, "file": workbook(HEAD, *rows)})
    assert [row.number for row in preview.context["failed"]] == wrong
    assert all(row.errors for row in preview.context["failed"])
    body = preview.content.decode()
    assert all(f'data-label="行号">{number}<' in body for number in wrong)
    assert terms() == before
    answer = client.post(PAGE, {"token": token_of(preview), "place": cast.s1.code, "partial": "1"})
    kept = RosterImport.objects.get()
    assert answer["Location"] == f"/grids/roster-imports/{kept.pk}/"
    assert (kept.joined, kept.left, kept.failed) == (ROWS - ERRORS, ROWS - ERRORS, ERRORS)
    assert GridPost.objects.filter(ends=None, name__startswith="新").count() == ROWS - ERRORS
    assert client.get(answer["Location"]).status_code == 200
    client.post(f"/grids/roster-imports/{kept.pk}/actions/undo/", {"version": kept.version})
    assert RosterImport.objects.get().undone_at is not None
    assert terms() == before

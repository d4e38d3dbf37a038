"""What the tests of the roster share: sheets down and up, and the terms as they stand."""

from grids.places.models import GridPost
from tests import factories as make
from tests.registers.test_files import sheets, token_of, workbook

PAGE = "/grids/grid-posts/import/"
SHEET = "/grids/grid-posts/template/"
HEAD = ["网格编码", "网格名称", "层级", "职务", "姓名", "联系电话", "变动", "生效日期"]


def term(grid, name="王秀兰", **fields):
    """A term in office, begun long ago."""
    fields = {"starts": make.LONG_AGO, **fields}
    return make.saved(GridPost(grid=grid, community=grid.community, street=grid.street, name=name, **fields))


def row(grid, name, telephone="", change="", day="", kind="网格长"):
    """A line of the sheet."""
    return [getattr(grid, "code", grid), "", "", kind, name, telephone, change, day]


def upload(client, *rows, place="", effective="2026-03-01"):
    """The preview of a file."""
    return client.post(PAGE, {"file": workbook(HEAD, *rows), "place": place, "effective": effective})


def confirm(client, preview, **more):
    """What was previewed, applied."""
    return client.post(PAGE, {"token": token_of(preview), "place": preview.context["kept"]["place"], **more})


def terms():
    """All terms as they stand. Versions count saved changes and go on; see ``lib.rows.records``."""
    names = ("pk", "grid_id", "community_id", "street_id", "kind", "name", "telephone", "user_id", "starts", "ends")
    return sorted(GridPost.objects.values_list(*names))


def sheet(client, place=""):
    """The downloaded roster: its rows."""
    return sheets(client.get(SHEET, {"place": place} if place else {}))

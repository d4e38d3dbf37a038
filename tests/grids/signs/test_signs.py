"""网格标牌: the code holds the report page with the place chosen; what is printed; who may."""

import re

import pytest
import segno

from grids.changes import services as grid_changes
from grids.changes.services import Part
from grids.places.models import GridPost
from tests import factories as make
from tests.grids.grid_page.test_grid_page import text_of

PORTAL = "https://portal.example.gov.cn"


@pytest.fixture(autouse=True)
def portal_url(settings):
    settings.PORTAL_URL = PORTAL


def drawing(svg):
    """The path that draws a code."""
    return re.search(r' d="([^"]+)"', svg)[1]


def expected(grid, *, border):
    code = segno.make_qr(f"{PORTAL}/issues/new/?place={grid.code}", error="m")
    return drawing(code.svg_inline(omitsize=True, border=border))


def test_the_sheet_shows_a_code_per_grid(cast, sign_in):
    make.saved(GridPost(grid=cast.g1, community=cast.c1, street=cast.s1, name="王秀兰", telephone="09372000000"))
    response = sign_in(cast.secretary).get(f"/grids/signs/?place={cast.c1.code}")
    html = response.content.decode()
    assert html.count("<article") == 1  # resident groups unless others are asked for
    assert expected(cast.g1, border=2) in html
    words = text_of(response)
    assert "网格长：王秀兰" in words
    assert "2000000" not in words
    assert "登录后说明情况即可上报" in words
    assert "style=" not in html


def test_names_and_telephones_are_a_choice(cast, sign_in):
    make.saved(GridPost(grid=cast.g1, community=cast.c1, street=cast.s1, name="王秀兰", telephone="09372000000"))
    client = sign_in(cast.secretary)
    assert "王秀兰" not in client.get("/grids/signs/?no_name=on").content.decode()
    assert "0937-2000000" in client.get("/grids/signs/?telephone=on").content.decode()
    assert "王秀兰" not in sign_in(cast.security).get("/grids/signs/?telephone=on").content.decode()


def test_a_grid_brings_those_below_and_a_kind_selects(cast, sign_in):
    client = sign_in(cast.secretary)
    assert client.get(f"/grids/signs/?place={cast.g1.code}").content.decode().count("<article") == 3
    html = client.get(f"/grids/signs/?place={cast.c1.code}&kind=building").content.decode()
    assert html.count("<article") == 1
    assert expected(cast.building, border=2) in html


def test_the_file_holds_the_same_address(cast, sign_in):
    response = sign_in(cast.secretary).get(f"/grids/grids/{cast.g1.code}/sign.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert expected(cast.g1, border=4) == drawing(response.content.decode())


def test_without_an_address_of_its_own_the_portal_uses_where_it_was_opened(cast, sign_in, settings):
    settings.PORTAL_URL = ""
    response = sign_in(cast.secretary).get(f"/grids/grids/{cast.g1.code}/sign.svg")
    code = segno.make_qr(f"http://testserver/issues/new/?place={cast.g1.code}", error="m")
    assert drawing(code.svg_inline(omitsize=True)) == drawing(response.content.decode())


def test_the_code_opens_the_report_page_with_the_place_chosen(cast, sign_in):
    html = sign_in(cast.leader).get(f"/issues/new/?place={cast.building.code}").content.decode()
    assert cast.building.code in html


def test_the_sign_of_a_grid_that_was_split_opens_what_took_over(cast, sign_in):
    north, _south = grid_changes.split(cast.g1, parts=[Part("北组"), Part("南组")], by=cast.secretary).successors
    (moved,) = grid_changes.transfer(north, community=cast.c2, by=cast.officer).successors
    html = sign_in(cast.sibling).get(f"/issues/new/?place={cast.g1.code}").content.decode()
    assert moved.code in html
    assert moved.code not in sign_in(cast.secretary).get(f"/issues/new/?place={cast.g1.code}").content.decode()


def test_strangers_get_no_signs(cast, sign_in):
    for user, status in ((cast.sibling, 404), (cast.department, 403)):
        assert sign_in(user).get(f"/grids/grids/{cast.g1.code}/sign.svg").status_code == status
        assert sign_in(user).get(f"/grids/signs/?place={cast.c1.code}").status_code == status


@pytest.mark.parametrize("query", ["place=\x00", "kind=x", "page=0", "page=99999999999", "page=-1", "telephone=\x00"])
def test_strange_addresses_are_no_errors(cast, sign_in, query):
    assert sign_in(cast.secretary).get(f"/grids/signs/?{query}").status_code in {200, 404}

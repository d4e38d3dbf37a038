"""What filters offer is kept between requests, by scope: never another's, and never what has gone."""

from tests import factories as make


def options(client, url="/grids/grids/"):
    return client.get(url).content.decode().partition('name="community"')[2].partition("</select>")[0]


def test_each_reader_is_offered_the_places_of_their_own_scope_whoever_came_before(cast, sign_in):
    district, secretary, officer = (sign_in(user) for user in (cast.district, cast.secretary, cast.officer))
    for _ in range(2):
        assert {code in options(district) for code in (cast.c1.code, cast.c2.code, cast.c3.code)} == {True}
        assert cast.c2.code in options(officer)
        assert cast.c3.code not in options(officer)
        # A single place says nothing.
        assert options(secretary) == ""


def test_a_new_place_is_offered_at_once_and_a_deleted_one_no_more(cast, sign_in):
    client = sign_in(cast.district)
    assert f"{cast.s1.code}009" not in options(client)
    place = make.make_community(cast.s1, 9)
    assert place.name in options(client)
    place.name = "改名社区"
    place.save()
    assert "改名社区" in options(client)
    place.delete()
    assert "改名社区" not in options(client)


def test_a_day_is_typed_in_the_same_order_in_every_browser(cast, sign_in):
    client = sign_in(cast.district)
    for body in (
        client.get("/covenants/covenants/").content.decode(),
        client.get("/grids/grids/new/").content.decode(),
        client.get("/issues/").content.decode(),
        client.get("/dashboard/").content.decode(),
    ):
        assert 'type="date"' not in body
        assert 'placeholder="2026-11-30"' in body


def test_hostile_names_stay_text_in_tables_and_filters(cast, sign_in):
    name = "<b>\"&'名"
    cast.c1.name = name
    cast.c1.save()
    body = sign_in(cast.district).get("/communities/communities/").content.decode()
    grids = sign_in(cast.district).get("/grids/grids/", {"community": cast.c1.code}).content.decode()
    for page in (body, grids):
        assert "<b>" not in page
        assert "&lt;b&gt;&quot;&amp;&#x27;名" in page

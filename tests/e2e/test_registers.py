"""Lists, forms and pages of registers in the browser: by keyboard alone, the picker, at every size, in both themes."""

import re

import pytest
from playwright.sync_api import expect

from grids.mediation.models import Mediation
from grids.places.models import Area, GridPost
from tests import factories as make
from tests.e2e.conftest import check_fits
from tests.grids.mediation.made import dispute
from tests.registers.world import post_of


def test_list_page_step_and_back_by_keyboard_alone(portal, live_cast):
    row = dispute(live_cast.secretary, live_cast.c1)
    page = portal.open("/grids/mediations/", live_cast.secretary)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/grids/mediations/{row.number}/*")
    main = page.locator("[aria-keyshortcuts='1']")
    expect(main).to_have_class("btn btn-primary")
    expect(page.locator("main .btn-primary:visible")).to_have_count(1)
    # The others wait behind 更多办理; a digit opens the one that it stands on.
    second = page.locator("[aria-keyshortcuts='2']")
    expect(second).to_be_hidden()
    page.keyboard.press("2")
    expect(second).to_be_visible()
    expect(page.locator("details.act[open] :focus")).to_have_attribute("name", "route")
    page.keyboard.press("Shift+Tab")
    expect(second).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#act-accept[open] :focus")).to_have_count(1)
    expect(page.locator("#act-transfer[open]")).to_have_count(0)
    send = page.locator("#act-accept form button.btn-primary")
    for _ in range(12):
        if send.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(send).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text(row.number)
    row.refresh_from_db()
    assert row.status == "accepted"
    page.keyboard.press("1")
    expect(page.locator("details.act[open] :focus")).to_have_count(1)


def test_the_only_match_is_taken_on_the_way_to_the_next_field(portal, live_cast):
    cast = live_cast
    page = portal.open("/grids/grid-posts/new/", cast.secretary)
    grid = page.locator("#id_grid")
    expect(grid).to_be_focused()
    page.keyboard.type(cast.compound.name)
    page.keyboard.press("Tab")  # before the suggestions have come
    expect(grid).to_have_value(f"{cast.compound.code} {cast.c1} {cast.compound.full_name}")
    page.locator("form[data-keep] button.btn-primary").click()
    expect(page.locator("[name=name]")).to_be_focused()
    expect(page.locator(".errorlist")).to_have_count(1)
    expect(grid).to_have_value(f"{cast.compound.code} {cast.c1} {cast.compound.full_name}")
    page.keyboard.type("王小明")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/grids/grid-posts/\d+/"))
    assert GridPost.objects.get().grid == cast.compound


def test_several_of_many_are_typed_and_stand_as_words(portal, live_cast):
    cast = live_cast
    grids = [make.make_grid(cast.c1, number) for number in range(20, 40)]
    page = portal.open("/grids/areas/new/", cast.officer)
    page.locator("[name=code]").fill("PQ77")
    page.locator("[name=name]").fill("第七片区")
    box = page.locator("#id_grids_text")
    for grid in grids[:2]:
        box.fill(grid.name)
        box.press("Enter")
    words = page.locator(".combo-words button")
    expect(words).to_have_count(2)
    words.first.click()
    expect(words).to_have_count(1)
    page.locator("form[data-keep] button.btn-primary").click()
    page.wait_for_url(re.compile(r"/grids/areas/PQ77/"))
    assert list(Area.objects.get(code="PQ77").grids.all()) == [grids[1]]


def test_filters_apply_at_once_and_those_behind_more_are_counted(portal, live_cast):
    cast = live_cast
    post_of(cast.compound)
    page = portal.open("/grids/grids/", cast.district)
    page.keyboard.press("/")
    page.keyboard.type(cast.compound.name)
    expect(page.locator(".active-filters a").first).to_contain_text(f"搜索：{cast.compound.name}")
    page.locator(".more-filters summary").press("Enter")
    page.locator("#id_current").select_option("true")
    expect(page.locator("#filters-in-use")).to_have_text("（1）")
    expect(page.locator(".active-filters a", has_text="现行：是")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".more-filters summary")).to_be_focused()


def test_a_choice_among_many_filters_by_typing(portal, live_cast):
    cast = live_cast
    for number in range(20, 34):
        make.make_community(cast.s1, number)
    wanted = make.make_community(cast.s1, 40)
    grid = make.make_grid(wanted, 1)
    page = portal.open("/grids/grids/", cast.district)
    page.locator("#id_community_text").fill(wanted.name)
    page.locator("#id_community_text").press("Tab")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text(grid.name)
    assert f"community={wanted.code}" in page.url


@pytest.mark.parametrize("size", ["phone", "desk", "wide"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lists_forms_and_pages_are_accessible_everywhere(portal, live_cast, check_accessible, size, theme):
    cast = live_cast
    row = dispute(cast.secretary, cast.c1)
    post = post_of(cast.compound)
    for number in range(20, 40):
        make.make_grid(cast.c1, number)
    addresses = {
        cast.secretary: (
            *("/grids/mediations/", f"/grids/mediations/{row.number}/", "/grids/mediations/new/"),
            *("/grids/grid-posts/", f"/grids/grid-posts/{post.pk}/", f"/grids/grid-posts/{post.pk}/edit/"),
            *("/covenants/needs/new/", "/covenants/commitments/"),
        ),
        cast.officer: ("/grids/areas/new/", "/grids/grids/?kind=compound&current=true"),
    }
    for user, paths in addresses.items():
        page = portal.open(paths[0], user, size=size, theme=theme)
        for path in paths:
            page.goto(path)
            if size == "phone" and page.locator("[data-fold]:visible").count():
                page.locator("[data-fold]").click()
            if page.locator(".more-filters").count():
                page.locator(".more-filters summary").click()
            for folded in page.locator(".more-acts:not([open]) > summary").all():
                folded.click()
            check_accessible(page)
            check_fits(page)
    assert Mediation.objects.count() == 1

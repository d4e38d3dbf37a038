"""What the entry page makes of a text in a real browser: the phone's own suggestions, and the place that it names."""

import json

from playwright.sync_api import expect

from grids.categories.measuring import FEW, measure
from grids.categories.models import IssueCategory
from grids.issues.models import Issue
from grids.places.finding import describe
from grids.places.models import Grid
from suzhou_portal.lib.rows.reference import load_reference
from tests.e2e.conftest import check_fits


def test_the_phone_suggests_for_every_sentence_what_the_server_suggests(portal, live_cast):
    load_reference()
    page = portal.open("/issues/new/", live_cast.leader, size="phone")
    kit = page.evaluate("() => fetch('/api/v1/field-kit/').then(answer => answer.json())")
    answers = measure()
    ask = """([categories, texts, few]) => texts.map(text =>
      window.portalSuggest(categories, text, few).map(category => category.code))"""
    there = page.evaluate(ask, [kit["categories"], [answer.text for answer in answers], FEW])
    assert len(kit["categories"]) == IssueCategory.objects.usable().count()
    assert [tuple(codes) for codes in there] == [answer.suggested for answer in answers]


def named_compound(cast):
    Grid.objects.filter(pk=cast.compound.pk).update(name="嘉和小区")
    cast.building.refresh_from_db()
    return describe(Grid.objects.select_related("community", "street", "parent").get(pk=cast.building.pk))


def test_a_place_in_the_text_becomes_the_place_and_one_press_takes_it_back(portal, live_cast):
    label = named_compound(live_cast)
    page = portal.open("/issues/new/", live_cast.secretary)
    place, text = page.locator("#id_place_q"), page.locator("#id_description")
    told = page.locator("#named-place")
    own = place.input_value()
    text.fill("嘉和小区1号楼路灯不亮")
    expect(place).to_have_value(label)
    expect(told).to_be_visible()
    check_fits(page)
    text.fill("路灯不亮")
    expect(place).to_have_value(own)
    expect(told).to_be_hidden()
    text.fill("嘉和小区1号楼路灯不亮")
    expect(told).to_be_visible()
    told.get_by_role("button", name="撤销").click()
    expect(place).to_have_value(own)
    expect(told).to_be_hidden()
    with page.expect_response(lambda answer: "/hints/" in answer.url):
        text.fill("嘉和小区1号楼路灯坏了")
    expect(place).to_have_value(own)


def test_the_named_place_is_stored_and_a_chosen_one_is_left(portal, live_cast):
    named_compound(live_cast)
    page = portal.open("/issues/new/", live_cast.secretary)
    page.locator("#id_description").fill("嘉和小区1号楼路灯不亮")
    expect(page.locator("#named-place")).to_be_visible()
    page.locator("#suggested label").first.click()
    page.get_by_role("button", name="上报", exact=True).click()
    page.wait_for_url("**/issues/SZ-*/")
    assert Issue.objects.get().grid == live_cast.building

    page.goto(f"/issues/new/?place={live_cast.g1.code}")
    with page.expect_response(lambda answer: "/hints/" in answer.url):
        page.locator("#id_description").fill("嘉和小区1号楼路灯又不亮")
    expect(page.locator("#suggested label").first).to_be_visible()
    expect(page.locator("#id_place")).to_have_value(live_cast.g1.code)
    expect(page.locator("#named-place")).to_be_hidden()


def test_on_the_phone_it_is_kept_with_the_report(portal, live_cast):
    label = named_compound(live_cast)
    page = portal.open("/issues/new/", live_cast.leader, size="phone")
    expect(page.locator("form[data-queue-ready]")).to_be_visible()
    page.locator("#id_description").fill("嘉和小区1号楼路灯不亮")
    expect(page.locator("#id_place_q")).to_have_value(label)
    page.locator("#suggested label").first.click()
    page.get_by_role("button", name="上报", exact=True).click()
    page.wait_for_url("**/issues/SZ-*/")
    assert Issue.objects.get().grid == live_cast.building
    assert json.loads(page.evaluate("localStorage.getItem('portal-field-place')"))["code"] == live_cast.building.code

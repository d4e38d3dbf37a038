"""The portal's main job, from end to end in the browser, by five people."""

from tests.e2e.conftest import expect


def figure(page, name):
    """The number that the dashboard shows for a figure."""
    return page.locator("[data-figure]", has_text=name).first

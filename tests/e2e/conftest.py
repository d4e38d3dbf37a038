"""A real browser on a live server. Every test here is marked ``e2e`` by its folder."""

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

# Playwright's synchronous interface runs an event loop in this thread; Django must not mind.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"phone": (360, 740), "desk": (1366, 768), "wide": (1920, 1080)}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium; without it these tests are skipped (or fail where it is required)."""
    if not CHROMIUM:
        if "browser" in os.environ.get("PORTAL_REQUIRE", ""):
            pytest.fail("Chromium is required and was not found")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Portal:
    """Opens pages of the live server as one of the cast."""

    def __init__(self, browser, url, sign_in):
        self.browser, self.url, self.sign_in = browser, url, sign_in
        self.contexts = []

    def open(self, path: str, user=None, *, size: str = "desk", theme: str = "light", **options) -> Page:
        """A page in a context of its own, signed in as ``user``; console errors fail the test at the end."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport=options.pop("viewport", {"width": width, "height": height}),
            color_scheme=theme,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=self.url,
            **options,
        )
        context.problems = []
        self.contexts.append(context)
        if user is not None:
            cookie = self.sign_in(user).cookies["sessionid"]
            context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": self.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: context.problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                context.problems.append(message.text)
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        page.goto(path)
        return page

    def close(self):
        """Close all contexts; script errors and policy violations seen on the way are the test's failure."""
        problems = [problem for context in self.contexts for problem in context.problems]
        for context in self.contexts:
            context.close()
        assert not problems, problems


@pytest.fixture
def portal(browser, live_server, live_cast, sign_in):
    """``portal.open(path, user)`` → a Playwright page; the cast is ``live_cast``."""
    portal = Portal(browser, live_server.url, sign_in)
    yield portal
    portal.close()


@pytest.fixture(scope="session")
def check_accessible():
    """``check_accessible(page)``: axe-core finds nothing wrong on the page as it stands."""
    axe = Axe()

    def check(page: Page) -> None:
        result = axe.run(page, options={"resultTypes": ["violations"]})
        found = [
            f"{violation['id']}: {violation['help']} {[node['target'] for node in violation['nodes']][:3]}"
            for violation in result.response["violations"]
        ]
        assert not found, f"{page.url}\n" + "\n".join(found)

    return check


def check_fits(page: Page) -> None:
    """The page does not scroll sideways."""
    overflow = page.locator("html").evaluate("node => node.scrollWidth - node.clientWidth")
    assert overflow <= 0, f"{page.url} is {overflow} px too wide"

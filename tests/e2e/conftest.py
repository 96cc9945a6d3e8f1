"""Browser: one Chromium for all tests here, and for each test a fresh server behind a line that can be cut.

The tests speak to `site.url` only. With BOTKIT_E2E_URL set they run against that server, whose in-app asset
`web-demo` and SMS asset `sms-demo` have to answer like the bot in `fake_server.py`.
"""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from tests.e2e.fake_server import FakeServer
from tests.e2e.line import Line

CHROMIUM = os.environ.get("BOTKIT_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 10_000


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the tests are skipped, unless BOTKIT_REQUIRE_BROWSER=1."""
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium") or shutil.which("google-chrome")
    if path:
        return path
    reason = f"no Chromium at {CHROMIUM}: install it (apt-get install chromium) or set BOTKIT_CHROMIUM"
    if os.environ.get("BOTKIT_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


class Site:
    """The server as the browser sees it: `url`, and the `line` to it. `fake` is None for a real server."""

    def __init__(self, line: Line, fake: FakeServer | None) -> None:
        self.line = line
        self.fake = fake
        self.url = f"http://127.0.0.1:{line.port}"


@pytest_asyncio.fixture(loop_scope="session")
async def site() -> AsyncIterator[Site]:
    if real := os.environ.get("BOTKIT_E2E_URL"):
        address = urlsplit(real)
        async with Line(address.hostname or "127.0.0.1", address.port or 80) as line:
            yield Site(line, None)
        return
    fake = FakeServer()
    runner = web.AppRunner(fake.app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with Line("127.0.0.1", runner.addresses[0][1]) as line:
        yield Site(line, fake)
    await runner.cleanup()


class Window:
    """Pages of one customer's browser; whatever goes wrong in them is kept in `faults`."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.faults: list[str] = []

    def expect(self, fault: str) -> None:
        """The browser itself logs failed requests: those that a test provokes are none of the page's faults."""
        self.faults = [each for each in self.faults if fault not in each]

    def hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.faults.append(said.text)

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.faults.append(f"error in the page: {error}"))
        page.on("console", self.hear)
        await page.goto(self.site.url + path)
        return page


@pytest.fixture
def options() -> dict[str, object]:
    """What the browser is like; a test changes it with `@pytest.mark.parametrize("options", [...])`."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: Browser, site: Site, options: dict[str, object]) -> AsyncIterator[Window]:
    settings = {"locale": "en-GB", "reduced_motion": "reduce", "viewport": {"width": 1200, "height": 800}, **options}
    context = await browser.new_context(**settings)  # type: ignore[arg-type]
    window = Window(context, site)
    yield window
    await context.close()
    assert window.faults == []

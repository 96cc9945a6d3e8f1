"""Browser: one Chromium for all tests here, and a server behind a line that can be cut.

The server is the product itself with the project beside this file. A test that needs one which misbehaves, or
which speaks first, asks for `scripted`: then `site` leads to the fake server. BOTKIT_E2E_URL names another server.
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

from botkit.app import App
from botkit.config import ServerSettings
from botkit.project import load_project
from botkit.server.app import Server
from tests.e2e.fake_server import FakeServer
from tests.e2e.line import Line

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 10_000
CHAT_SECRET = "signs the users of the browser tests"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the tests are skipped, unless BOTKIT_REQUIRE_BROWSER=1."""
    wanted = (os.environ["BOTKIT_CHROMIUM"],) if os.environ.get("BOTKIT_CHROMIUM") else NAMES
    path = next(filter(None, map(shutil.which, wanted)), None)
    if path:
        return path
    reason = f"no browser called {' or '.join(wanted)}: install chromium, or set BOTKIT_CHROMIUM to its path"
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
    """The server as the browser sees it: `url`, and the `line` to it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.url = f"http://127.0.0.1:{line.port}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, int]]:
    """Where the product listens: one for all tests, who are different customers."""
    if address := os.environ.get("BOTKIT_E2E_URL"):
        parts = urlsplit(address)
        yield parts.hostname or "127.0.0.1", parts.port or 80
        return
    store = tmp_path_factory.mktemp("store") / "botkit.db"
    project = load_project(Path(__file__).parent / "project", environ={"CHAT_SECRET": CHAT_SECRET})
    async with (
        App(project, ServerSettings(store=str(store))) as app,
        Server(app).listen("127.0.0.1", 0) as port,
    ):
        yield "127.0.0.1", port


@pytest_asyncio.fixture(loop_scope="session")
async def scripted() -> AsyncIterator[FakeServer]:
    """A server that does what the test tells it."""
    fake = FakeServer()
    runner = web.AppRunner(fake.app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.port = runner.addresses[0][1]
    yield fake
    await runner.cleanup()


@pytest.fixture
def goal(request: pytest.FixtureRequest) -> tuple[str, int]:
    """Host and port of the server that the test is about."""
    if "scripted" in request.fixturenames:
        return "127.0.0.1", request.getfixturevalue("scripted").port
    host, port = request.getfixturevalue("product")
    return host, port


@pytest_asyncio.fixture(loop_scope="session")
async def site(goal: tuple[str, int]) -> AsyncIterator[Site]:
    async with Line(*goal) as line:
        yield Site(line)


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

"""Sandbox: writing to an asset from a made-up phone, and watching the states of the messages."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.colours import contrast_of
from tests.e2e.conftest import Site, Window
from tests.e2e.fake_server import FakeServer

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
NUMBER = "+447700900777"
SHARED = Path(os.environ.get("BOTKIT_SHARED", Path(__file__).parents[3] / "shared"))
VECTORS = SHARED / "fixtures" / "channels" / "sms_segmentation" / "vectors.json"


async def phone_on(window: Window, path: str = "/sandbox?asset=sms-demo") -> Page:
    page = await window.open(path)
    await expect(page.get_by_role("tabpanel", name="Order desk")).to_be_visible()
    return page


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.keyboard.press("Enter")


def message(page: Page, side: str, text: str) -> Locator:
    return page.locator(f".message.{side}").filter(has_text=text)


async def test_a_message_is_sent_answered_and_its_state_followed(window: Window) -> None:
    page = await phone_on(window)
    await expect(page.get_by_text("No messages yet")).to_be_visible()
    await say(page, "ORDER 1234")
    answer = message(page, "out", "You said ORDER 1234")
    await expect(answer).to_have_count(1)
    await expect(message(page, "in", "ORDER 1234")).to_have_count(1)
    await expect(answer).to_contain_text("Delivered")
    await expect(page.get_by_text("No messages yet")).to_be_hidden()


async def test_a_hint_and_a_quick_reply_are_sent_by_a_click(window: Window) -> None:
    page = await phone_on(window)
    await page.get_by_role("button", name="where is my parcel?").click()
    await expect(message(page, "out", "You said where is my parcel?")).to_be_visible()
    await say(page, "menu")
    await page.get_by_role("group", name="Suggested replies").get_by_role("button", name="A person").click()
    await expect(message(page, "out", "You chose person")).to_be_visible()
    await expect(page.get_by_role("group", name="Suggested replies")).to_be_hidden()


async def test_what_is_written_before_the_assets_are_there_is_kept(window: Window) -> None:
    await window.context.route("**/sandbox/assets", lambda route: route.abort())
    page = await window.open("/sandbox")
    await expect(page.get_by_text("The assets could not be loaded.")).to_be_visible()
    await say(page, "hello")
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("hello")
    window.expect("net::ERR")


async def test_each_customer_and_each_asset_has_a_conversation_of_its_own(window: Window) -> None:
    page = await phone_on(window)
    await say(page, "from the first")
    await expect(message(page, "out", "You said from the first")).to_be_visible()
    await page.get_by_role("button", name="Another customer").click()
    await page.get_by_label("Your number").fill(NUMBER)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("tab", name=NUMBER)).to_have_attribute("aria-selected", "true")
    await say(page, "from the second")
    await expect(message(page, "out", "You said from the second")).to_be_visible()
    await expect(page.locator(".message")).to_have_count(2)
    await page.get_by_role("tab", name=NUMBER).focus()
    await page.keyboard.press("ArrowLeft")
    await expect(message(page, "out", "You said from the first")).to_be_visible()
    await expect(page.locator(".message")).to_have_count(2)
    await page.get_by_role("radio", name="WhatsApp").check()
    await expect(page.locator(".message")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("tab", name=NUMBER)).to_be_visible()


async def test_a_wrong_number_is_explained(window: Window) -> None:
    page = await phone_on(window)
    await page.get_by_label("Your number").fill("hello")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("starts with + and the country code")).to_be_visible()
    await expect(page.get_by_label("Your number")).to_have_attribute("aria-invalid", "true")


async def test_a_refused_message_says_why(window: Window, scripted: FakeServer) -> None:
    page = await phone_on(window)
    await say(page, "refuse")
    await expect(message(page, "in", "refuse")).to_contain_text("Not sent")
    await expect(message(page, "in", "refuse")).to_contain_text("text: not this one")
    window.expect("422")


async def test_it_says_that_the_server_is_away_and_comes_back(window: Window, site: Site) -> None:
    page = await phone_on(window)
    await say(page, "before")
    await expect(message(page, "out", "You said before")).to_be_visible()
    site.line.lose()
    await expect(page.get_by_role("status").filter(has_text="The server does not answer.")).to_be_visible()
    await say(page, "while away")
    await expect(message(page, "in", "while away")).to_contain_text("Not sent")
    site.line.mend()
    await page.get_by_role("button", name="Try now").click()
    await expect(page.get_by_text("The server does not answer. Trying again…")).to_be_hidden()
    await message(page, "in", "while away").get_by_role("button", name="Try again").click()
    await expect(message(page, "out", "You said while away")).to_have_count(1)
    await expect(message(page, "in", "while away")).to_have_count(1)
    window.expect("net::ERR")


async def test_parts_are_counted_while_typing(window: Window) -> None:
    page = await phone_on(window)
    box = page.get_by_role("textbox", name="Message")
    counter = page.locator("#counter")
    for text, words in {
        "a" * 160: "GSM-7 · 160 used, 0 left · 1 part",
        "a" * 161: "GSM-7 · 161 used, 145 left · 2 parts",
        "€": "GSM-7 · 2 used, 158 left · 1 part",
        "👋": "UCS-2 · 2 used, 68 left · 1 part",
    }.items():
        await box.fill(text)
        await expect(counter).to_have_text(words)
    await page.get_by_role("radio", name="WhatsApp").check()
    await expect(counter).to_be_hidden()


async def test_parts_are_counted_as_others_count_them(window: Window) -> None:
    if not VECTORS.exists():
        pytest.skip(f"no segmentation vectors at {VECTORS}: set BOTKIT_SHARED")
    rows = json.loads(VECTORS.read_text())
    page = await window.open("/")
    texts = [row["text"] for row in rows]
    counted = await page.evaluate(
        """async texts => {
            const { segments } = await import("/static/segments.js");
            return texts.map(text => segments(text)).map(({ encoding, parts }) => [encoding, parts]);
        }""",
        texts,
    )
    wrong = [
        (row["text"][:20], mine)
        for row, mine in zip(rows, counted, strict=True)
        if mine not in [theirs for name, theirs in row.items() if name != "text"]
    ]
    assert wrong == []


async def test_the_keyboard_is_not_lost_with_a_button(window: Window, site: Site) -> None:
    page = await phone_on(window)
    write = page.get_by_role("textbox", name="Message")
    site.line.lose()
    await say(page, "while away")
    for name in ("Try again", "Try now"):
        button = page.get_by_role("button", name=name)
        await button.focus()
        site.line.mend()
        await page.keyboard.press("Enter")
        await expect(button).to_be_hidden()
        await expect(write).to_be_focused()
        site.line.lose()
    window.expect("net::ERR")


@pytest.mark.parametrize("options", [{"viewport": {"width": 360, "height": 740}}], ids=["phone"])
async def test_what_is_chosen_is_in_sight(window: Window) -> None:
    page = await phone_on(window, "/sandbox?asset=wa-demo")
    await expect(page.locator(".asset:has(:checked)")).to_be_in_viewport(ratio=0.9)
    for count in range(2, 5):
        await page.get_by_role("button", name="Another customer").click()
        await expect(page.get_by_role("tab")).to_have_count(count)
        await expect(page.get_by_role("tab", selected=True)).to_be_in_viewport(ratio=0.9)


async def test_names_and_roles(window: Window) -> None:
    page = await phone_on(window)
    await expect(page.get_by_role("group", name="Write to").get_by_role("radio", checked=True)).to_have_count(1)
    await expect(page.get_by_role("main")).to_match_aria_snapshot("""
        - main:
          - region "Phone":
            - tablist "Customers":
              - tab [selected]
            - button "Another customer"
            - tabpanel "Order desk":
              - log "Messages"
              - textbox "Message"
              - button "Send"
    """)


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"}], ids=["light", "dark"])
async def test_colours_can_be_read(window: Window, options: dict[str, Any]) -> None:
    page = await phone_on(window)
    await say(page, "menu")
    await expect(page.locator(".message.out")).to_be_visible()
    parts = ["h1", ".intro p", ".asset:has(:checked) span", ".asset:last-child b", "[role=tab]", ".in .bubble",
             ".out .bubble", ".out .meta", ".send", "#peer-note", ".bar [aria-current]"]  # fmt: skip
    for part in parts:
        assert await contrast_of(page.locator(part).first) >= 4.5, part


@pytest.mark.parametrize("options", [{"viewport": {"width": 360, "height": 740}}], ids=["phone"])
async def test_no_page_is_wider_than_a_small_phone(window: Window, scripted: FakeServer) -> None:
    page = await phone_on(window)
    for path, last in {"/": "Try the widget", "/demo/web-demo": "Open the chat", "/sandbox": "HELP"}.items():
        await page.goto(window.site.url + path)
        await page.get_by_text(last, exact=True).wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path


async def test_a_long_conversation_makes_the_page_no_longer(window: Window) -> None:
    page = await phone_on(window)
    length = "document.documentElement.scrollHeight"
    before = await page.evaluate(length)
    for number in range(12):
        await say(page, f"{number}: some words")
    await expect(message(page, "out", "11: some words")).to_be_visible()
    assert await page.evaluate(length) == before


@pytest.mark.parametrize("options", [{"viewport": {"width": 375, "height": 667}}], ids=["phone"])
async def test_on_a_phone_one_can_write_without_scrolling(window: Window) -> None:
    page = await phone_on(window)
    await expect(page.locator("#widgets")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("options", [{"viewport": {"width": 360, "height": 740}}], ids=["phone"])
async def test_what_there_is_to_press_stays_in_sight(window: Window, site: Site) -> None:
    page = await phone_on(window)
    for text in ("one", "two", "three", "menu"):
        await say(page, text)
    reply = page.get_by_role("group", name="Suggested replies").get_by_role("button").last
    await expect(reply).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("many words " * 30)
    await expect(reply).to_be_in_viewport(ratio=1)
    site.line.lose()
    await say(page, "is anybody there?")
    await expect(page.get_by_role("button", name="Try again")).to_be_in_viewport(ratio=1)
    window.expect("net::ERR")


async def test_a_text_runs_as_its_script_does(window: Window) -> None:
    page = await phone_on(window)
    await say(page, "أين طلبي؟!")
    await expect(message(page, "in", "أين طلبي")).to_contain_text("Received")
    bubble = message(page, "in", "أين طلبي").locator(".bubble")
    end = await bubble.evaluate("""node => {
        const range = document.createRange();
        range.setStart(node.lastChild, node.lastChild.length - 1);
        range.setEnd(node.lastChild, node.lastChild.length);
        return range.getBoundingClientRect().x - node.getBoundingClientRect().x;
    }""")
    assert 0 < end < 20


async def test_the_landing_page_leads_everywhere(window: Window, scripted: FakeServer) -> None:
    page = await window.open("/")
    await expect(page.get_by_role("status").filter(has_text="Ready for messages")).to_be_visible()
    for name in ("Health", "Readiness", "Metrics"):
        answer = await page.request.get(await href(page, name))
        assert answer.ok, name
    await page.get_by_role("link", name="Try the widget").click()
    await expect(page.get_by_role("heading", name="Try the chat widget")).to_be_visible()
    await page.get_by_role("button", name="Open the chat").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.goto(window.site.url)
    await page.get_by_role("link", name="Open the sandbox").click()
    await expect(page.get_by_role("heading", name="Sandbox")).to_be_visible()


async def href(page: Page, name: str) -> str:
    return str(await page.get_by_role("link", name=name).evaluate("link => link.href"))

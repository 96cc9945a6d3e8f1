"""Widget: what a customer sees and does in the chat on a web page."""

import re
import time
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from channels.tokens import sign_user
from tests.e2e.colours import contrast_of
from tests.e2e.conftest import CHAT_SECRET, Site, Window
from tests.e2e.fake_server import FakeServer

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
DEMO = "/demo/web-demo"
REFUSED = "net::ERR"
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True}


class Chat:
    """The widget on a page, in the words of its user."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator("botkit-chat .launcher")
        self.dialog = page.get_by_role("dialog")
        self.log = page.get_by_role("log", name="Messages")
        self.input = page.get_by_role("textbox", name="Message")
        self.replies = page.get_by_role("group", name="Suggested replies")

    async def open(self) -> "Chat":
        await self.launcher.click()
        await expect(self.page.get_by_text("Online", exact=True)).to_be_visible()
        return self

    async def say(self, text: str) -> None:
        await self.input.fill(text)
        await self.input.press("Enter")

    def bubble(self, text: str) -> Locator:
        return self.log.locator(".bubble").filter(has_text=re.compile(f": {re.escape(text)}$"))

    async def sees_once(self, *texts: str) -> None:
        for text in texts:
            await expect(self.bubble(text)).to_have_count(1)
            await expect(self.bubble(text)).to_be_visible()


async def chat_on(window: Window, path: str = DEMO) -> Chat:
    return await Chat(await window.open(path)).open()


async def test_a_message_is_sent_and_answered(window: Window) -> None:
    chat = await chat_on(window)
    await expect(chat.log).to_contain_text("Hello! Ask me about your order.")
    await chat.say("where is it?")
    await chat.sees_once("where is it?", "You said where is it?")
    await expect(chat.log.locator(".me .meta")).to_contain_text("Sent")
    await expect(chat.input).to_have_value("")


async def test_a_quick_reply_sends_its_payload_and_goes_away(window: Window) -> None:
    chat = await chat_on(window)
    await chat.say("menu")
    await chat.sees_once("What can I do for you?")
    await chat.replies.get_by_role("button", name="Order status").click()
    await chat.sees_once("Order status", "You chose order_status")
    await expect(chat.replies).to_be_hidden()
    await expect(chat.input).to_be_focused()


async def test_a_list_opens_and_its_row_is_sent(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("list")
    await chat.page.get_by_text("Choose a size").click()
    await chat.page.get_by_role("button", name="Small 250 g").click()
    await chat.sees_once("Small", "You chose s")


async def test_links_can_be_clicked_and_markup_stays_text(window: Window) -> None:
    chat = await chat_on(window)
    await chat.say("rich")
    link = chat.log.get_by_role("link")
    await expect(link).to_have_attribute("href", "https://example.com/a?b=1")
    await expect(link).to_have_attribute("rel", re.compile("noopener"))
    await expect(chat.log).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(chat.log.locator("img")).to_have_count(0)


async def test_a_refused_message_says_so_and_can_be_tried_again(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("refuse")
    failed = chat.log.locator(".me")
    await expect(failed).to_contain_text("Not sent")
    await expect(failed).to_contain_text("text: not this one")
    await failed.get_by_role("button", name="Try again").click()
    await expect(failed.get_by_role("button", name="Try again")).to_be_visible()
    await expect(chat.bubble("refuse")).to_have_count(1)


async def test_what_a_busy_server_refuses_goes_again_by_itself(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    scripted.busy = 1
    await chat.say("one")
    await expect(chat.log.locator(".me.sending")).to_have_count(1)
    await chat.say("two")  # stays behind the first
    await chat.sees_once("You said one", "You said two")
    await expect(chat.log.locator(".me.sent")).to_have_count(2)
    assert [frame["text"] for frame in scripted.talk.taken] == ["one", "two"]


async def test_typing_is_shown_until_the_answer_comes(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("slow")
    await expect(chat.page.locator("botkit-chat .typing")).to_be_visible()
    await expect(chat.page.get_by_role("status").filter(has_text="Order desk is typing")).to_have_count(1)
    await chat.sees_once("You said slow")
    await expect(chat.page.locator("botkit-chat .typing")).to_be_hidden()


async def test_messages_written_without_a_connection_arrive_once_it_is_back(window: Window, site: Site) -> None:
    chat = await chat_on(window)
    await chat.say("before")
    await chat.sees_once("You said before")
    site.line.lose()
    await expect(chat.page.get_by_role("status").filter(has_text="Connection lost")).to_be_visible()
    for text in ("one", "two", "three"):
        await chat.say(text)
    await expect(chat.log.locator(".me.sending")).to_have_count(3)
    site.line.mend()
    await chat.page.evaluate("dispatchEvent(new Event('online'))")
    await chat.sees_once("one", "two", "three", "You said one", "You said two", "You said three")
    await expect(chat.log.locator(".me.sent")).to_have_count(4)
    answers = await chat.log.locator(".bot .bubble").all_inner_texts()
    assert [text.split()[-1] for text in answers[-3:]] == ["one", "two", "three"]
    window.expect(REFUSED)
    window.expect("WebSocket")


async def test_a_lost_acknowledgement_doubles_nothing(window: Window, site: Site, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("hello")
    await chat.sees_once("You said hello")
    site.line.deaf = True
    await chat.say("pay once")
    await expect(chat.log.locator(".me.sending")).to_have_count(1)
    await eventually(chat.page, lambda: len(scripted.talk.taken) == 2)
    site.line.cut()
    site.line.mend()
    await chat.sees_once("pay once", "You said pay once")
    await expect(chat.log.locator(".me.sending")).to_have_count(0)
    window.expect("WebSocket")


async def test_it_comes_back_by_itself_after_every_cut(window: Window, site: Site) -> None:
    chat = await chat_on(window)
    said = []
    for text in ("a1", "b2", "c3"):
        await chat.say(text)
        site.line.cut()
        said += [text, f"You said {text}"]
    await chat.sees_once(*said)
    window.expect("WebSocket")


async def test_the_conversation_is_still_there_after_a_reload(window: Window) -> None:
    chat = await chat_on(window)
    await chat.say("menu")
    await expect(chat.replies).to_be_visible()
    await chat.page.reload()
    chat = await Chat(chat.page).open()
    await chat.sees_once("menu", "What can I do for you?")
    await expect(chat.bubble("What can I do for you?")).to_have_text("Order desk: What can I do for you?")
    await expect(chat.replies.get_by_role("button")).to_have_count(2)
    await chat.say("more")
    await chat.sees_once("You said more")


async def test_an_unsent_message_survives_a_reload(window: Window, site: Site) -> None:
    chat = await chat_on(window)
    await chat.say("first")
    await chat.sees_once("You said first")
    site.line.deaf = True
    site.line.lose()
    await chat.say("do not lose me")
    site.line.mend()
    await chat.page.reload()
    chat = await Chat(chat.page).open()
    await chat.sees_once("do not lose me", "You said do not lose me")
    window.expect("WebSocket")
    window.expect(REFUSED)


async def test_what_came_while_away_is_delivered_and_counted(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("hello")
    await chat.sees_once("You said hello")
    await chat.page.keyboard.press("Escape")
    await scripted.talk.say("Your parcel has left")
    await expect(chat.page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible()
    await eventually(chat.page, lambda: (3, "delivered") in scripted.talk.receipts)
    assert (3, "read") not in scripted.talk.receipts
    await chat.page.reload()
    await chat.page.get_by_role("button", name="Open chat, 1 unread").click()
    await chat.sees_once("Your parcel has left")
    await eventually(chat.page, lambda: scripted.talk.receipts.count((3, "read")) == 1)


async def test_a_message_that_comes_twice_is_shown_once(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("hello")
    await chat.sees_once("You said hello")
    for frame in scripted.talk.sent[:2]:  # what she said, and the answer
        await scripted.talk.tell(frame)
    await chat.say("more")
    await chat.sees_once("hello", "You said hello", "You said more")


async def test_who_comes_back_another_day_sees_both_halves_of_the_conversation(window: Window) -> None:
    chat = await chat_on(window)
    await chat.say("hello")
    await chat.sees_once("You said hello")
    await chat.say("where is it?")
    await chat.sees_once("You said where is it?")
    await chat.page.evaluate("sessionStorage.clear()")  # as when the browser was closed
    page = await window.open(DEMO)
    chat = await Chat(page).open()
    await chat.sees_once("hello", "You said hello", "where is it?", "You said where is it?")
    said = await chat.log.locator(".me .bubble, .bot .bubble").all_inner_texts()
    assert [text.split()[-1] for text in said[1:]] == ["hello", "hello", "it?", "it?"]
    await expect(chat.log.locator(".me.sent")).to_have_count(2)


async def test_what_was_said_on_another_day_has_its_date(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("hello")
    await chat.sees_once("You said hello")
    for frame in scripted.talk.sent:
        frame["at"] = 1_700_000_000_000
    await chat.page.evaluate("sessionStorage.clear()")
    chat = await Chat(await window.open(DEMO)).open()
    await chat.say("today")
    await chat.sees_once("You said today")
    times = await chat.log.locator("time").all_inner_texts()
    assert ["2023" in time for time in times] == [True, True, False, False]


async def test_what_she_has_answered_elsewhere_is_not_unread(window: Window) -> None:
    first, second = Chat(await window.open(DEMO)), Chat(await window.open(DEMO))
    await first.open()
    await first.say("hello")
    await first.sees_once("You said hello")
    await second.open()
    await second.sees_once("hello", "You said hello")
    await second.page.keyboard.press("Escape")
    await first.page.bring_to_front()
    await first.say("and now?")
    await first.sees_once("You said and now?")
    await expect(second.page.get_by_role("button", name="Open chat, 1 unread")).to_be_attached()
    await first.say("thanks")
    await first.sees_once("You said thanks")
    await expect(second.page.get_by_role("button", name="Open chat, 1 unread")).to_be_attached()
    await second.page.bring_to_front()
    await second.open()
    await second.sees_once("and now?", "You said and now?", "thanks", "You said thanks")


async def test_an_answer_that_overtakes_what_she_said_elsewhere_is_unread(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("hello")
    await chat.sees_once("You said hello")
    await chat.page.keyboard.press("Escape")
    answer = {**scripted.talk.sent[1], "seq": 4, "text": "Twelve", "content": {"type": "text", "text": "Twelve"}}
    await scripted.talk.tell(answer)
    await expect(chat.page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible()
    await scripted.talk.tell({"type": "echo", "seq": 3, "id": "elsewhere", "text": "how many?", "at": answer["at"]})
    await expect(chat.page.locator("botkit-chat .me")).to_have_count(2)
    await expect(chat.page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible()


async def test_the_notice_of_a_lost_line_does_not_wait_for_the_tries_to_end(window: Window) -> None:
    chat = await chat_on(window)
    notice = chat.page.get_by_role("status").filter(has_text="Connection lost.")
    status = "word => document.querySelector('botkit-chat').status(word)"
    for _ in range(4):  # what trying again looks like
        await chat.page.evaluate(status, "offline")
        await chat.page.wait_for_timeout(400)
        await chat.page.evaluate(status, "connecting")
    await expect(notice).to_be_visible()
    await chat.page.evaluate(status, "online")
    await expect(notice).to_be_hidden()


async def test_a_server_that_refuses_is_left_in_peace(window: Window, scripted: FakeServer) -> None:
    scripted.shut = True
    page = await window.open(DEMO)
    await Chat(page).launcher.click()
    await expect(page.get_by_text("The chat is not available right now.")).to_be_visible()
    await page.wait_for_timeout(900)
    assert scripted.hellos == 1
    scripted.shut = False
    await page.keyboard.press("Escape")
    await Chat(page).open()


async def test_two_tabs_show_the_same_new_messages(window: Window) -> None:
    first = await chat_on(window)
    await first.say("hello")
    await first.sees_once("You said hello")
    second = await chat_on(window)
    await second.sees_once("You said hello")
    await second.say("from the second")
    await first.sees_once("You said from the second")


async def test_two_tabs_from_before_the_first_word_are_one_customer(window: Window) -> None:
    first, second = Chat(await window.open(DEMO)), Chat(await window.open(DEMO))
    await first.open()
    await first.say("hello")
    await second.open()
    await second.sees_once("You said hello")
    await first.page.reload()
    await first.open()
    await first.sees_once("hello", "You said hello")


async def test_everything_works_by_keyboard(window: Window) -> None:
    page = await window.open(DEMO)
    chat = Chat(page)
    await chat.launcher.focus()
    await page.keyboard.press("Enter")
    await expect(chat.input).to_be_focused()
    await expect(page.get_by_text("Online", exact=True)).to_be_visible()
    await page.keyboard.type("menu")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("please")
    await expect(chat.input).to_have_value("menu\nplease")
    await chat.input.fill("menu")
    await page.keyboard.press("Enter")
    await chat.sees_once("What can I do for you?")
    await page.keyboard.press("Shift+Tab")
    await expect(chat.replies.get_by_role("button", name="A person")).to_be_focused()
    await page.keyboard.press("Space")
    await chat.sees_once("You chose person")
    await expect(chat.input).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(chat.dialog).to_be_hidden()
    await expect(chat.launcher).to_be_focused()
    await expect(chat.launcher).to_have_attribute("aria-expanded", "false")


async def test_a_key_that_belongs_to_an_input_method_does_nothing_here(window: Window) -> None:
    chat = await chat_on(window)
    await chat.input.fill("にほん")
    for key in ("Enter", "Escape"):  # as Safari tells them, after the composition has ended
        await chat.input.dispatch_event("keydown", {"key": key, "keyCode": 229})
    await expect(chat.input).to_have_value("にほん")
    await chat.input.press("Enter")
    await chat.sees_once("にほん")


async def test_names_and_roles(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.say("menu")
    await chat.sees_once("What can I do for you?")
    await expect(chat.launcher).to_have_accessible_name("Close chat")
    await expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    await expect(chat.dialog).to_match_aria_snapshot("""
        - dialog "Order desk":
          - heading "Order desk" [level=2]
          - button "Close chat"
          - log "Messages":
            - text: /You. menu/
            - time
            - text: /Sent Order desk. What can I do for you/
            - time
            - group "Suggested replies":
              - button "Order status"
              - button "A person"
          - textbox "Message"
          - button "Send"
    """)
    assert await too_small(chat.page) == []


@pytest.mark.parametrize("options", [PHONE, {}], ids=["phone", "desk"])
async def test_what_is_announced_can_be_heard_from_the_start(window: Window) -> None:
    chat = await chat_on(window)
    session = await window.context.new_cdp_session(chat.page)
    tree = await session.send("Accessibility.getFullAXTree")
    heard = [node["role"]["value"] for node in tree["nodes"] if not node["ignored"]]
    assert (heard.count("log"), heard.count("status")) == (1, 2)  # typing, and the state of the line
    await chat.page.keyboard.press("Escape")
    await expect(chat.page.get_by_role("status")).to_have_count(1)  # messages that come to a closed chat


@pytest.mark.parametrize("options", [PHONE], ids=["phone"])
async def test_on_a_phone_it_fills_the_screen(window: Window) -> None:
    chat = await chat_on(window)
    assert await chat.dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 780}
    assert await chat.input.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 16
    assert await too_small(chat.page) == []
    await chat.dialog.get_by_role("button", name="Close chat").click()
    await expect(chat.launcher).to_be_focused()


@pytest.mark.parametrize("options", [{**PHONE, "is_mobile": True}], ids=["phone"])
async def test_on_a_phone_it_can_be_zoomed_with_two_fingers(window: Window) -> None:
    chat = await chat_on(window)
    session = await window.context.new_cdp_session(chat.page)
    await session.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    await chat.page.wait_for_function("visualViewport.scale === 2")
    await chat.page.evaluate("new Promise(requestAnimationFrame)")
    await expect(chat.dialog).to_have_css("height", "780px")


async def test_a_turned_phone_is_filled_as_well(window: Window) -> None:
    chat = await chat_on(window)
    for width, height in ((780, 360), (360, 780), (683, 330)):  # the last is a laptop at 200 %
        await chat.page.set_viewport_size({"width": width, "height": height})
        await expect(chat.dialog).to_have_css("width", f"{width}px")
        await expect(chat.dialog).to_have_css("height", f"{height}px")  # not always in the same frame
        assert await chat.dialog.bounding_box() == {"x": 0, "y": 0, "width": width, "height": height}
        await chat.dialog.get_by_role("button", name="Send").click(trial=True)
    await expect(chat.input).to_be_focused()
    await chat.page.set_viewport_size({"width": 1200, "height": 800})
    await expect(chat.dialog).to_have_css("width", "384px")
    await chat.launcher.click()
    await expect(chat.dialog).to_be_hidden()


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"}], ids=["light", "dark"])
async def test_colours_can_be_read(window: Window, scripted: FakeServer, options: dict[str, Any]) -> None:
    chat = await chat_on(window)
    await chat.say("refuse")
    await chat.say("menu")
    await chat.sees_once("What can I do for you?")
    parts = ["h2", ".head p", ".bot .bubble", ".me.sent .bubble", ".me.failed .bubble", ".me.failed .meta",
             ".bot .meta", ".choices button", "textarea", ".send"]  # fmt: skip
    for part in parts:
        assert await contrast_of(chat.page.locator(f"botkit-chat {part}").last) >= 4.5, part
    dark = options["color_scheme"] == "dark"
    ground = await chat.dialog.evaluate("node => getComputedStyle(node).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark


@pytest.mark.parametrize(
    ("colour", "ground"),
    [("#ffd400", "rgb(255, 212, 0)"), ("rgb(120 130 140)", "rgb(120, 130, 140)"), ("not a colour", "rgb(15, 110, 102)"),
     ("oklch(0.62796 0.25768 29.234)", "rgb(255, 0, 0)")],
)  # fmt: skip
async def test_any_colour_of_a_site_stays_readable(window: Window, colour: str, ground: str) -> None:
    page = await window.open("/")
    await page.evaluate(
        """colour => {
            window.botkit = (...call) => (window.botkit.q = window.botkit.q || []).push(call);
            window.botkit("on", "ready", () => (document.documentElement.dataset.heard = "yes"));
            window.botkit("open");
            const script = Object.assign(document.createElement("script"), { src: "widget.js" });
            Object.assign(script.dataset, { app: "web-demo", color: colour, title: "Help" });
            document.head.append(script);
        }""",
        colour,
    )
    await expect(page.get_by_role("heading", name="Help")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("data-heard", "yes")
    await expect(page.locator("botkit-chat .head")).to_have_css("background-color", ground)
    for part in ("h2", ".send", ".choices button"):
        assert await contrast_of(page.locator(f"botkit-chat {part}").last) >= 4.5, part


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"}], ids=["light", "dark"])
async def test_the_colours_of_the_app_are_taken(window: Window, scripted: FakeServer, options: dict[str, Any]) -> None:
    scripted.looks = {"colour": "#1c5fb8", "colour_dark": "#7db3f5"}
    chat = await chat_on(window)
    expected = {"light": "rgb(28, 95, 184)", "dark": "rgb(125, 179, 245)"}[options["color_scheme"]]
    for part in (chat.launcher, chat.dialog.locator(".head")):
        await expect(part).to_have_css("background-color", expected)
    for name in ("h2", ".send", ".choices button"):
        assert await contrast_of(chat.page.locator(f"botkit-chat {name}").last) >= 4.5, name
    await chat.page.reload()
    await expect(chat.launcher).to_have_css("background-color", expected)
    await chat.page.evaluate("document.querySelector('botkit-chat').dataset.color = '#800000'")
    await chat.page.evaluate("document.querySelector('botkit-chat').paint()")
    await expect(chat.launcher).to_have_css("background-color", "rgb(128, 0, 0)")


async def test_another_user_never_sees_the_last_ones_messages(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await chat.page.evaluate("botkit('setUser', 'anna')")
    await chat.say("my secret")
    await chat.sees_once("You said my secret")
    seen = "botkit('setUser', 'berta'), document.querySelector('botkit-chat').shadowRoot.textContent"
    assert "secret" not in await chat.page.evaluate(seen)
    await expect(chat.page.get_by_text("Online", exact=True)).to_be_visible()
    await expect(chat.log).not_to_contain_text("secret")
    await chat.say("hello")
    await chat.sees_once("You said hello")
    await expect(chat.log).not_to_contain_text("secret")
    assert {user for user, talk in scripted.talks.items() if talk.taken} == {"anna", "berta"}


async def test_a_page_without_the_token_shows_nothing_of_who_was_signed_in(
    window: Window, scripted: FakeServer
) -> None:
    chat = await chat_on(window)
    await chat.page.evaluate("botkit('setUser', 'anna')")
    await chat.say("my secret")
    await chat.sees_once("You said my secret")
    scripted.shut = True  # the server never says who is here now
    await chat.page.reload()
    await chat.launcher.click()
    await expect(chat.dialog).to_be_visible()
    await expect(chat.log).not_to_contain_text("secret")


async def test_a_new_token_of_the_same_customer_goes_on_with_her_conversation(window: Window, site: Site) -> None:
    async def sign_in(seconds: int) -> None:
        token = sign_user(CHAT_SECRET, {"customerid": "c-Zoë", "exp": int(time.time()) + seconds})
        await chat.page.evaluate("token => botkit('setUser', token)", token)

    chat = await chat_on(window)
    await sign_in(600)
    await chat.say("hello")
    await chat.sees_once("hello", "You said hello")
    site.line.lose()  # until the token is too old: a line that is back before takes the message
    await chat.say("pay once")
    await sign_in(-600)
    site.line.mend()
    await chat.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(chat.page.get_by_text("The chat is not available right now.")).to_be_visible()
    await expect(chat.log.locator(".me.sending")).to_have_count(1)
    await sign_in(600)
    await chat.sees_once("hello", "You said hello", "pay once", "You said pay once")
    await expect(chat.log.locator(".me.sending")).to_have_count(0)
    window.expect(REFUSED)
    window.expect("WebSocket")


@pytest.mark.parametrize(
    "rule",
    ["* { all: unset }", "* { transition: all 9s; font-size: 40px; text-transform: uppercase }",
     "body > * { position: relative; max-width: 40px; margin: 0 auto; opacity: 0.2 }"],
)  # fmt: skip
async def test_rules_of_the_page_for_any_element_do_not_reach_it(window: Window, rule: str) -> None:
    page = await window.open(DEMO)
    adopt = "rule => (document.adoptedStyleSheets = [new CSSStyleSheet()])[0].replaceSync(rule)"
    await page.evaluate(adopt, rule)
    chat = await Chat(page).open()
    await page.mouse.move(0, 0)  # under the pointer the button grows
    edge = await page.evaluate("document.documentElement.clientWidth")
    assert await chat.launcher.bounding_box() == {"x": edge - 80, "y": 720, "width": 60, "height": 60}
    await expect(chat.launcher).to_have_css("background-color", "rgb(15, 110, 102)")
    await expect(chat.input).to_have_css("font-size", "15px")
    await expect(chat.input).to_have_css("text-transform", "none")
    await expect(page.locator("botkit-chat")).to_have_css("opacity", "1")


async def test_a_strict_page_blocks_nothing(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window, "/strict")
    await expect(chat.page.get_by_role("heading", name="Help")).to_be_visible()
    await chat.say("menu")
    await chat.sees_once("What can I do for you?")
    assert await chat.launcher.evaluate("node => getComputedStyle(node).borderRadius") == "50%"


async def eventually(page: Page, condition: Any) -> None:
    for _ in range(200):
        if condition():
            return
        await page.wait_for_timeout(25)
    pytest.fail("the condition never came true")


async def too_small(page: Page) -> list[str]:
    """What a finger would miss: every control is at least 44 by 44 pixels."""
    return await page.locator("botkit-chat").evaluate(  # type: ignore[no-any-return]
        """host => [...host.shadowRoot.querySelectorAll("button, textarea, summary")]
            .filter(node => node.checkVisibility())
            .filter(node => node.getBoundingClientRect().width < 44 || node.getBoundingClientRect().height < 44)
            .map(node => node.className + node.textContent)"""
    )


async def test_what_only_a_screen_reader_hears_stays_in_the_log(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    for number in range(12):
        await scripted.talk.say(f"{number}: some words")
    await chat.sees_once("11: some words")
    assert await chat.dialog.evaluate("node => node.scrollHeight - node.clientHeight") == 0


MARK = """node => {
    const range = document.createRange();
    const text = [...node.childNodes].findLast(child => child.nodeType === 3);
    range.setStart(text, text.length - 1);
    range.setEnd(text, text.length);
    return range.getBoundingClientRect().x < node.getBoundingClientRect().x + node.clientWidth / 2;
}"""
"""Whether the last character of a text stands on the left, as the end of an Arabic sentence does."""
ARABIC = "أين طلبي؟!"


async def test_a_text_runs_as_its_script_does(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    await scripted.talk.say(ARABIC, [{"title": ARABIC, "payload": "where"}])
    await chat.sees_once(ARABIC)
    for part in (chat.bubble(ARABIC), chat.replies.get_by_role("button")):
        assert await part.evaluate(MARK)
    assert await chat.input.evaluate("node => getComputedStyle(node).unicodeBidi") == "plaintext"
    await scripted.talk.say("Where is it?")
    await chat.page.evaluate("document.documentElement.dir = 'rtl'")
    assert not await chat.bubble("Where is it?").evaluate(MARK)


BELOW = "node => node.scrollHeight - node.scrollTop - node.clientHeight"


async def test_a_reader_of_older_messages_is_left_there(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    for number in range(12):
        await scripted.talk.say(f"{number}: some words")
    await chat.sees_once("11: some words")
    assert await chat.log.evaluate(BELOW) < 2
    await chat.log.evaluate("node => node.scrollTo(0, 0)")
    await chat.page.wait_for_timeout(100)
    await scripted.talk.tell({"type": "typing"})
    await scripted.talk.say("the newest")
    await expect(chat.bubble("the newest")).to_have_count(1)
    assert await chat.log.evaluate("node => node.scrollTop") == 0
    await chat.say("back to now")  # who writes wants to see the answer
    await chat.sees_once("You said back to now")
    assert await chat.log.evaluate(BELOW) < 2


async def test_a_long_text_in_the_making_hides_no_reply(window: Window) -> None:
    chat = await chat_on(window)
    for text in ("one", "two", "three", "menu"):
        await chat.say(text)
    reply = chat.replies.get_by_role("button").last
    await expect(reply).to_be_visible()
    await chat.input.fill("many words " * 40)
    await expect(reply).to_be_in_viewport(ratio=1)


async def test_a_picture_that_cannot_be_shown_is_a_link(window: Window, scripted: FakeServer) -> None:
    chat = await chat_on(window)
    url = "https://127.0.0.1:1/none.png"
    await scripted.talk.say("Your parcel", type="media", media="image", url=url, caption="Your parcel")
    await expect(chat.log.get_by_role("link", name="Open the file")).to_have_text("Open the file\n")
    await expect(chat.log.locator(".bubble").last).to_have_text("Order desk: Open the file\nYour parcel")
    window.expect(REFUSED)


async def test_labels_that_are_no_text_are_left_out(window: Window, scripted: FakeServer) -> None:
    page = await window.open("/strict")
    labels = '{"send": "Post it", "placeholder": null, "sent": 5, "colour": "red"}'
    await page.evaluate(
        """labels => {
          document.querySelectorAll("botkit-chat, script[data-app]").forEach((old) => old.remove());
          const chat = document.createElement("botkit-chat");
          Object.assign(chat.dataset, { app: "web-demo", server: location.origin + "/", labels });
          document.body.append(chat);
        }""",
        labels,
    )
    chat = await Chat(page).open()
    await expect(page.get_by_role("button", name="Post it")).to_be_visible()
    await chat.say("hello")
    await chat.sees_once("You said hello")
    window.expect("data-labels")

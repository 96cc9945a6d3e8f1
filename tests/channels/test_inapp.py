"""In-app chat: its frames, who is who, which pages may open it, and handing messages over."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Outgoing, Sent
from channels.errors import BadRequest, BadSignature, SendError
from channels.frames import (
    MAX_CLIENT_ID_LENGTH,
    MAX_FRAME_BYTES,
    MAX_FRAME_TEXT_LENGTH,
    MAX_PAYLOAD_LENGTH,
    Hello,
    Ping,
    UserMessage,
    UserReceipt,
    UserTyping,
    content_frame,
    decode_frame,
    encode_ack,
    encode_echo,
    encode_error,
    encode_pong,
    encode_typing,
    encode_welcome,
    message_id,
    to_message,
)
from channels.inapp import InApp
from channels.tokens import sign_user
from models.address import Address, AddressKind
from models.content import Buttons, Choice, Content, ListPicker, Location, Media, Text, decode_content
from models.http import Http
from models.plugin import InvalidSettings

SECRET = "a secret of sixteen"
NOW = 1_800_000_000_000
NO_HTTP: Http = None  # type: ignore[assignment]


def app(**settings: Any) -> InApp:
    loaded = InApp.load({"asset": "web-demo", "secret": SECRET, **settings})
    assert isinstance(loaded, InApp)
    return loaded


# frames


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"hello"}', Hello()),
        ('{"type":"hello","token":null,"visitor":"v.x","last":7}', Hello(visitor="v.x", last=7)),
        ('{"type":"message","id":"c1","text":"Hi"}', UserMessage("c1", "Hi")),
        ('{"type":"message","id":"c1","text":"Yes","payload":"yes"}', UserMessage("c1", "Yes", "yes")),
        ('{"type":"message","id":"c1","text":"","payload":"yes"}', UserMessage("c1", "", "yes")),
        ('{"type":"message","id":"c1","text":"Hi","payload":null}', UserMessage("c1", "Hi")),
        ('{"type":"typing"}', UserTyping()),
        ('{"type":"receipt","seq":3,"state":"read"}', UserReceipt(3, "read")),
        ('{"type":"ping","unknown":1}', Ping()),
    ],
)
def test_client_frames(text: str, frame: object) -> None:
    assert decode_frame(text) == frame
    assert decode_frame(text.encode()) == frame


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("", "", "JSON object"),
        ("hello", "", "JSON object"),
        (b"\xff\xfe", "", "JSON object"),
        (b'{"type":"message","id":"c","text":"\xff"}', "", "not valid UTF-8"),
        ('{"type":"message","id":"c","text":"\ud800"}', "", "not valid UTF-8"),
        ('{"type":"message","id":5,"text":"Hi"}', "id", "visible ASCII"),
        ("[]", "", "Expected `object`"),
        ("{}", "type", "'type' is missing"),
        ('{"type":"shout"}', "type", "Invalid value 'shout'"),
        ('{"type":"message","text":"Hi"}', "id", "'id' is missing"),
        ('{"type":"receipt","seq":1}', "state", "'state' is missing"),
        ('{"type":"message","id":"","text":"Hi"}', "id", "1 to 64 visible"),
        ('{"type":"message","id":"a b","text":"Hi"}', "id", "without blanks"),
        ('{"type":"message","id":"' + "x" * (MAX_CLIENT_ID_LENGTH + 1) + '","text":"Hi"}', "id", "1 to 64 visible"),
        ('{"type":"message","id":"c","text":" "}', "text", "a text or a payload"),
        ('{"type":"message","id":"c","text":5}', "text", "Expected `str`"),
        ('{"type":"message","id":"c","text":"' + "x" * (MAX_FRAME_TEXT_LENGTH + 1) + '"}', "text", "length <= 4096"),
        ('{"type":"message","id":"c","payload":"' + "x" * (MAX_PAYLOAD_LENGTH + 1) + '"}', "payload", "length <= 1024"),
        ('{"type":"receipt","seq":0,"state":"read"}', "seq", ">= 1"),
        ('{"type":"receipt","seq":9007199254740992,"state":"read"}', "seq", "<="),
        ('{"type":"receipt","seq":1,"state":"eaten"}', "state", "Invalid enum value"),
        ('{"type":"hello","last":-1}', "last", ">= 0"),
        ('{"type":"hello","token":"' + "x" * 4097 + '"}', "token", "length <= 4096"),
        ("[" * 20_000, "", ""),
        ('{"type":' * 3_000, "", ""),
        ("x" * (MAX_FRAME_BYTES + 1), "", "at most 32768 bytes"),
    ],
)
def test_frames_that_are_refused(text: str | bytes, field: str, says: str) -> None:
    with pytest.raises(BadRequest) as caught:
        decode_frame(text)
    assert caught.value.field == field
    assert says in caught.value.message


def test_depth_where_nobody_looks_does_no_harm() -> None:
    """Python up to 3.13 goes down a few thousand steps and no further, 3.14 as far as its stack allows."""
    text = '{"type":"message","id":"c","text":"Hi","x":' + "[" * 15_000 + "]" * 15_000 + "}"
    try:
        frame = decode_frame(text)
    except BadRequest as refused:
        assert "nested too deep" in refused.message
    else:
        assert frame == UserMessage("c", "Hi")


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ('{"type":"message","id":"c","text":"' + "x" * (MAX_FRAME_TEXT_LENGTH + 1) + '"}', "c"),
        ('{"type":"message","id":"c"}', "c"),
        ('{"type":"message","id":"a b"}', ""),
        ('{"type":"message"}', ""),
        ('{"type":"receipt","id":"c"}', ""),
        ("[" * 20_000, ""),
        (b"\xff", ""),
    ],
)
def test_the_id_of_a_refused_message(text: str | bytes, id: str) -> None:
    assert message_id(text) == id


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_frame_breaks_the_reader(data: bytes | str) -> None:
    try:
        decode_frame(data)
    except BadRequest as error:
        assert error.message


def test_server_frames() -> None:
    read = msgspec.json.decode
    welcome = read(encode_welcome("anna", None, 7, "Anna", greeting="Hello!", replies=("Order",)))
    assert (welcome["type"], welcome["user"], welcome["visitor"], welcome["last"]) == ("welcome", "anna", None, 7)
    assert (welcome["name"], welcome["greeting"]) == ("Anna", "Hello!")
    assert welcome["replies"] == [{"title": "Order", "payload": "Order"}]
    assert read(encode_ack("c1", 3)) == {"type": "ack", "id": "c1", "seq": 3}
    assert read(encode_ack("c1")) == {"type": "ack", "id": "c1"}
    assert read(encode_typing()) == {"type": "typing"}
    assert read(encode_echo(3, "c1", "Hi", 5)) == {"type": "echo", "seq": 3, "id": "c1", "text": "Hi", "at": 5}
    assert read(encode_pong()) == {"type": "pong"}
    assert read(encode_error("bad_request", "no")) == {"type": "error", "code": "bad_request", "message": "no"}
    assert read(encode_error("bad_request", "no", "id"))["field"] == "id"


YES_NO = (Choice("Yes", "y"), Choice("No"))


@pytest.mark.parametrize(
    ("content", "text", "replies"),
    [
        (Text("Hello"), "Hello", []),
        (Buttons("Well?", YES_NO), "Well?", [{"title": "Yes", "payload": "y"}, {"title": "No", "payload": "No"}]),
        (
            ListPicker("Pick", "Menu", YES_NO),
            "Pick",
            [{"title": "Yes", "payload": "y"}, {"title": "No", "payload": "No"}],
        ),
        (Media("https://x.test/p.png", "image", "Look"), "Look https://x.test/p.png", []),
        (Location(1.5, 2.5, name="Here"), "Here 1.500000,2.500000", []),
    ],
)
def test_contents(content: Content, text: str, replies: list[dict[str, str]]) -> None:
    frame = msgspec.json.decode(content_frame(4, "d-1", content, 99))
    assert decode_content(frame.pop("content")) == content
    assert frame == {"type": "message", "seq": 4, "id": "d-1", "text": text, "replies": replies, "at": 99}


def test_a_frame_becomes_a_message() -> None:
    anna = Address(channel="inapp", value="anna", kind=AddressKind.CUSTOMERID)
    message = to_message(UserMessage("c1", "Yes", "y"), anna, asset="web-demo", received_at=5, name="Anna")
    assert (message.event, message.channel, message.provider_id) == ("inapp.message", "inapp", "anna:c1")
    assert message.content == Text("Yes", payload="y")
    assert (message.recipient, message.received_at, message.name) == ("web-demo", 5, "Anna")
    tapped = to_message(UserMessage("c2", "", "yes"), anna, asset="web-demo", received_at=5)
    assert tapped.content == Text("yes", payload="yes"), "a quick reply that brings only its payload says that"


@pytest.mark.parametrize("text", ["", " "])
def test_a_payload_alone_is_the_text_too(text: str) -> None:
    anna = Address(channel="inapp", value="anna", kind=AddressKind.CUSTOMERID)
    message = to_message(UserMessage("c1", text, "Yes"), anna, asset="web-demo")
    assert message.content == Text("Yes", payload="Yes")


# who is who


def identify(channel: InApp, hello: Hello) -> Any:
    return channel.identify(hello, now=NOW, server_secret=b"server", new_visitor_id="visitor-1")


def test_a_signed_user_is_known_everywhere() -> None:
    token = sign_user(SECRET, {"customerid": "anna", "exp": NOW / 1000 + 60, "name": "Anna", "msisdn": "447911123456"})
    who = identify(app(), Hello(token=token, visitor="ignored"))
    assert who.address == Address(channel="inapp", value="anna", kind=AddressKind.CUSTOMERID)
    assert (who.name, who.msisdn, who.visitor) == ("Anna", "+447911123456", None)


def test_a_token_is_for_the_app_that_it_names() -> None:
    def token(aud: str) -> str:
        return sign_user(SECRET, {"customerid": "anna", "exp": NOW / 1000 + 60, "aud": aud})

    channel = app()
    assert identify(channel, Hello(token=token(channel.asset))).address.value == "anna"
    with pytest.raises(BadSignature, match="not for the app"):
        identify(channel, Hello(token=token("another-app")))


def test_a_wrong_token_does_not_make_a_visitor() -> None:
    with pytest.raises(BadSignature):
        identify(app(), Hello(token="x.y.z"))
    token = sign_user(SECRET, {"customerid": "anna", "exp": NOW / 1000 + 60, "msisdn": "12"})
    with pytest.raises(BadSignature, match="msisdn"):
        identify(app(), Hello(token=token))


def test_a_visitor_comes_back_as_the_same() -> None:
    first = identify(app(), Hello())
    assert first.address == Address(channel="inapp", value="visitor-1", kind=AddressKind.VISITOR, asset="web-demo")
    again = app().identify(Hello(visitor=first.visitor), now=NOW, server_secret=b"server", new_visitor_id="visitor-2")
    assert again == first
    forged = app().identify(
        Hello(visitor="visitor-1.AAAA"), now=NOW, server_secret=b"server", new_visitor_id="visitor-3"
    )
    assert forged.address.value == "visitor-3"


def test_visitors_can_be_kept_out() -> None:
    with pytest.raises(BadSignature, match="sign in"):
        identify(app(anonymous=False), Hello())


# pages


@pytest.mark.parametrize(
    ("origins", "origin", "admitted"),
    [
        ([], None, True),
        ([], "https://bot.example", True),
        ([], "http://bot.example", True),
        ([], "https://bot.example:444", False),
        ([], "https://evil.example", False),
        ([], "null", False),
        ([], "", False),
        ([], "https://[", False),
        ([], "https://x:y", False),
        (["*"], "https://evil.example", True),
        (["https://shop.example"], "https://shop.example", True),
        (["https://shop.example"], "https://SHOP.example:443", True),
        (["HTTPS://Shop.Example/"], "https://shop.example", True),
        (["https://shop.example"], "http://shop.example", False),
        (["https://shop.example"], "https://shop.example.evil.example", False),
        (["https://shop.example"], "https://bot.example", True),
        (["http://localhost:5173"], "http://localhost:5173", True),
    ],
)
def test_origins(origins: list[str], origin: str | None, admitted: bool) -> None:
    assert app(origins=origins).admits(origin, "bot.example") is admitted


@pytest.mark.parametrize("host", ["", "[", "a:b", "bot.example/../x"])
def test_a_strange_host_admits_nobody(host: str) -> None:
    assert not app().admits("https://evil.example", host)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"secret": "short"}, "secret: has at least 16 characters"),
        ({"origins": ["shop.example"]}, "no origin"),
        ({"origins": ["https://shop.example/path"]}, "no origin"),
        ({"colour": "red"}, "colour"),
        ({"title": "x" * 81}, "title"),
        ({"quick_replies": ["x"] * 14}, "quick_replies"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        app(**settings)
    assert says in str(caught.value)
    assert "short" not in str(caught.value)


def test_nothing_that_is_written_of_an_app_has_its_secret() -> None:
    channel = app(title="Help", quick_replies=["Order"])
    assert SECRET not in f"{channel!r} {channel.model_dump_json()}"


# sending


class Mailbox:
    def __init__(self) -> None:
        self.kept: list[tuple[str, str]] = []

    async def put(self, asset: str, outgoing: Outgoing) -> int:
        self.kept.append((asset, outgoing.id))
        return len(self.kept)


def outgoing(kind: AddressKind, asset: str = "") -> Outgoing:
    return Outgoing(id="d-1", to=Address(channel="inapp", value="someone", kind=kind, asset=asset), content=Text("Hi"))


async def test_a_message_goes_to_the_mailbox() -> None:
    channel, mailbox = app(), Mailbox()
    channel.attach(mailbox)
    assert await channel.send(outgoing(AddressKind.CUSTOMERID), NO_HTTP) == Sent(provider_id="d-1")
    assert await channel.send(outgoing(AddressKind.VISITOR, "web-demo"), NO_HTTP) == Sent(provider_id="d-1")
    assert mailbox.kept == [("web-demo", "d-1")] * 2


@pytest.mark.parametrize(
    ("message", "attached", "outcome"),
    [
        (outgoing(AddressKind.CUSTOMERID), False, "transient"),
        (outgoing(AddressKind.VISITOR, "other-app"), True, "unreachable"),
        (outgoing(AddressKind.MSISDN), True, "unreachable"),
    ],
)
async def test_messages_that_are_not_taken(message: Outgoing, attached: bool, outcome: str) -> None:
    channel = app()
    if attached:
        channel.attach(Mailbox())
    with pytest.raises(SendError) as caught:
        await channel.send(message, NO_HTTP)
    assert caught.value.outcome.value == outcome


def test_it_takes_no_webhook_calls() -> None:
    with pytest.raises(BadRequest, match="takes no webhook calls"):
        app().parse(None)  # type: ignore[arg-type]

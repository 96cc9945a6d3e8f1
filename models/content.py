"""Content: what a message says, in any direction, on any channel."""

from typing import Any, Literal

import msgspec

from models.errors import InvalidValue

MAX_TEXT_LENGTH = 65_536
MAX_CHOICES = 13


def _check_length(text: object, field: str = "text") -> None:
    """What is no text at all is refused where the message is sent or read."""
    if isinstance(text, str) and len(text) > MAX_TEXT_LENGTH:
        raise InvalidValue(f"a text has at most {MAX_TEXT_LENGTH} characters", field=field)


class Choice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One quick reply, button or list row: `title` is shown, `payload` comes back (the title if empty)."""

    title: str
    payload: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if not self.title:
            raise InvalidValue("a choice needs a title", field="title")


class Text(msgspec.Struct, frozen=True, omit_defaults=True, tag="text", gc=False):
    """Plain text; `payload` is set when the customer tapped a quick reply instead of typing."""

    text: str
    payload: str = ""

    def __post_init__(self) -> None:
        _check_length(self.text)


class Media(msgspec.Struct, frozen=True, omit_defaults=True, tag="media", gc=False):
    """A picture, film, sound or file that lies at `url`."""

    url: str
    media: Literal["image", "video", "audio", "file"] = "file"
    caption: str = ""
    mime_type: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://")):
            raise InvalidValue("media lies at an http or https address", field="url")
        _check_length(self.caption, "caption")

    @property
    def text(self) -> str:
        return self.caption


class Buttons(msgspec.Struct, frozen=True, omit_defaults=True, tag="buttons", gc=False):
    """Text with quick replies (they go away after one is used) or buttons (they stay)."""

    text: str
    choices: tuple[Choice, ...]
    style: Literal["quick_replies", "buttons"] = "quick_replies"

    def __post_init__(self) -> None:
        if not 1 <= len(self.choices) <= MAX_CHOICES:
            raise InvalidValue(f"a message offers 1 to {MAX_CHOICES} choices", field="choices")
        _check_length(self.text)


class ListPicker(msgspec.Struct, frozen=True, omit_defaults=True, tag="list", gc=False):
    """Text with a menu that opens behind `button`."""

    text: str
    button: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.choices) <= MAX_CHOICES:
            raise InvalidValue(f"a list offers 1 to {MAX_CHOICES} rows", field="choices")
        _check_length(self.text)


class Location(msgspec.Struct, frozen=True, omit_defaults=True, tag="location", gc=False):
    """A point on the map, in degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        if not -90 <= self.latitude <= 90:
            raise InvalidValue("latitude lies between -90 and 90 degrees", field="latitude")
        if not -180 <= self.longitude <= 180:
            raise InvalidValue("longitude lies between -180 and 180 degrees", field="longitude")

    @property
    def text(self) -> str:
        return self.name


class Template(msgspec.Struct, frozen=True, omit_defaults=True, tag="template", gc=False):
    """A message that was registered with the provider beforehand, and the values for its blanks."""

    name: str
    language: str = "en"
    parameters: dict[str, str] = {}
    fallback_text: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidValue("a template needs a name", field="name")

    @property
    def text(self) -> str:
        return self.fallback_text


Content = Text | Media | Buttons | ListPicker | Location | Template


def plain_text(content: Content) -> str:
    """The words of a content for a channel that has nothing but words: choices become a numbered list."""
    match content:
        case Buttons() | ListPicker():
            rows = "\n".join(f"{number}. {choice.title}" for number, choice in enumerate(content.choices, 1))
            return f"{content.text}\n{rows}" if content.text else rows
        case Media():
            return f"{content.caption} {content.url}".strip()
        case Location():
            point = f"{content.latitude:.6f},{content.longitude:.6f}"
            return " ".join(part for part in (content.name, content.address, point) if part)
        case _:
            return content.text


def decode_content(data: dict[str, Any]) -> Content:
    """Content from plain data; raises `InvalidValue` that names the wrong field."""
    try:
        content: Content = msgspec.convert(data, Content)
    except msgspec.ValidationError as error:
        raise InvalidValue(str(error), field="content") from error
    return content

"""Plugins: their help, and what they say about settings that are wrong."""

import copy
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator

from models.errors import BotkitError
from models.plugin import InvalidSettings, Plugin


class Header(BaseModel):
    """A header of the request."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    value: str = ""


class Pause(BaseModel):
    """Wait first."""

    kind: Literal["pause"]
    seconds: float = Field(gt=0, le=60)


class Call(BaseModel):
    """Call first."""

    kind: Literal["call"]
    numbers: list[int]


class Example(Plugin):
    """An example of a plug-in.

    With more to say below.
    """

    kind: ClassVar[str] = "example"

    url: str
    """Where it goes."""
    retries: int = Field(default=1, ge=0, le=5)
    colour: Literal["red", "green"] = "red"
    active: bool = True
    headers: tuple[Header, ...] = ()
    first: Pause | Call | None = Field(default=None, discriminator="kind")
    steps: tuple[str, ...] = Field(default=("one",), min_length=1, max_length=3)
    more: dict[str, int] = Field(default={})
    amount: int | list[str] = 0
    secret: SecretStr = SecretStr("")

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("expected an address that begins with https://")
        return value


GOOD = {"url": "https://a.example"}


@pytest.mark.parametrize(
    ("settings", "problems"),
    [
        ({}, {"url": "this setting is mandatory"}),
        ({"url": None}, {"url": "expected text"}),
        ({"url": "ftp://a.example"}, {"url": "expected an address that begins with https://"}),
        (GOOD | {"retires": 2}, {"retires": "unknown setting"}),
        (GOOD | {"retries": "many"}, {"retries": "expected a whole number"}),
        (GOOD | {"retries": 1.5}, {"retries": "expected a whole number"}),
        (GOOD | {"retries": 6}, {"retries": "expected 5 or less"}),
        (GOOD | {"retries": -1}, {"retries": "expected 0 or more"}),
        (GOOD | {"colour": "blue"}, {"colour": "expected 'red' or 'green'"}),
        (GOOD | {"active": "perhaps"}, {"active": "expected true or false"}),
        (GOOD | {"headers": {"name": "a"}}, {"headers": "expected a list"}),
        (GOOD | {"headers": ["a"]}, {"headers.0": "expected a list of `name: value`"}),
        (GOOD | {"headers": [{"name": "a"}, {}]}, {"headers.1.name": "this setting is mandatory"}),
        (GOOD | {"headers": [{"name": ""}]}, {"headers.0.name": "expected at least 1 character"}),
        (GOOD | {"headers": [{"name": "a", "vlaue": "b"}]}, {"headers.0.vlaue": "unknown setting"}),
        (GOOD | {"first": {"kind": "pause", "seconds": 0}}, {"first.pause.seconds": "expected more than 0"}),
        (GOOD | {"first": {"kind": "call", "numbers": [1, "x"]}}, {"first.call.numbers.1": "expected a whole number"}),
        (GOOD | {"first": {"kind": "sing"}}, {"first": "expected 'kind' to be one of 'pause', 'call'"}),
        (GOOD | {"first": {"seconds": 1}}, {"first": "expected a setting 'kind'"}),
        (GOOD | {"steps": []}, {"steps": "expected at least 1 of them"}),
        (GOOD | {"steps": ["a"] * 4}, {"steps": "expected at most 3 of them"}),
        (GOOD | {"more": {"a": "b"}}, {"more.a": "expected a whole number"}),
        (GOOD | {"more": []}, {"more": "expected a list of `name: value`"}),
        (GOOD | {"amount": {}}, {"amount.int": "expected a whole number", "amount.list[str]": "expected a list"}),
        (GOOD | {"secret": 1}, {"secret": "expected text"}),
        ({"retries": "x", "extra": 1},
         {"url": "this setting is mandatory", "retries": "expected a whole number", "extra": "unknown setting"}),
    ],
)  # fmt: skip
def test_every_wrong_setting_is_named(settings: dict[str, Any], problems: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Example.load(settings)
    assert {".".join(map(str, path)): message for path, message in caught.value.problems} == problems
    assert caught.value.kind == "example"
    assert all(f"{path}: {message}" in str(caught.value) for path, message in problems.items())


def test_settings_that_are_right() -> None:
    found = Example.load(GOOD | {"headers": [{"name": "a"}], "first": {"kind": "pause", "seconds": 2}, "retries": "3"})
    assert isinstance(found, Example)
    assert (found.headers[0].name, found.first, found.retries) == ("a", Pause(kind="pause", seconds=2), 3)


def test_what_is_wrong_is_not_repeated_in_the_error() -> None:
    with pytest.raises(InvalidSettings) as caught:
        Example.load(GOOD | {"secret": ["hunter2"]})
    assert "hunter2" not in f"{caught.value!s} {caught.value.problems}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_invalid_settings_are_for_people() -> None:
    error = InvalidSettings("sms", [(("url",), "this setting is mandatory"), ((), "two of them")])
    assert str(error) == "sms: url: this setting is mandatory; sms: two of them"
    assert (error.code, isinstance(error, BotkitError), isinstance(error, ValueError)) == (
        "invalid_settings",
        True,
        True,
    )


def test_help_comes_from_the_class() -> None:
    assert Example.about() == "An example of a plug-in."
    assert Example.model_json_schema()["properties"]["url"]["description"] == "Where it goes."


def test_secrets_do_not_show() -> None:
    assert "hunter2" not in repr(Example.load(GOOD | {"secret": "hunter2"}))


class Counting(Plugin):
    """Keeps something beside its settings."""

    kind = "counting"

    step: int = 1
    _count: int = PrivateAttr(default=0)
    _unset: int = PrivateAttr()

    def count(self) -> int:
        self._count += self.step
        return self._count


def test_private_attributes_are_what_was_set_last() -> None:
    plugin = Counting(step=2)
    assert [plugin.count(), plugin.count(), plugin._count] == [2, 4, 4]
    other = copy.deepcopy(plugin)
    assert [other.count(), plugin._count, Counting()._count] == [6, 4, 0]
    del plugin._count
    with pytest.raises(AttributeError):
        plugin.count()


def test_a_look_that_takes_long_loses_nothing_that_is_set_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    look = BaseModel.__getattr__  # type: ignore[attr-defined]

    def slow(plugin: Counting, name: str) -> Any:
        found = look(plugin, name)
        plugin._count = 7  # as another thread would
        return found

    plugin = Counting()
    with monkeypatch.context() as patched:
        patched.setattr(BaseModel, "__getattr__", slow)
        plugin._count  # noqa: B018
    assert plugin._count == 7


def test_private_attributes_are_no_settings() -> None:
    plugin = Counting(step=2)
    plugin.count()
    assert plugin.model_dump() == {"step": 2} and repr(plugin) == "Counting(step=2)"
    with pytest.raises(AttributeError, match="_unset"):
        plugin._unset  # noqa: B018
    with pytest.raises(ValidationError, match="frozen"):
        plugin.step = 3  # type: ignore[misc]

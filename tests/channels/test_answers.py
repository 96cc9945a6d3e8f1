"""What answers mean, and what of them may be shown."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.answers import MAX_EXCERPT_LENGTH, at_path, excerpt, outcome_of, retry_after
from channels.base import message_hash
from channels.errors import MAX_RETRY_AFTER_SECONDS, SEND_ERRORS, RateLimited
from channels.sms.gateway import milliseconds
from models.delivery import SUCCESS, SendOutcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "accepted"), (202, "accepted"), (204, "accepted"), (302, "rejected"), (400, "rejected"), (401, "auth"),
        (403, "auth"), (404, "rejected"), (408, "transient"), (425, "transient"), (429, "rate_limited"),
        (500, "transient"), (503, "transient"),
    ],
)  # fmt: skip
def test_statuses(status: int, outcome: str) -> None:
    assert outcome_of(status).value == outcome


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("", 0), ("5", 5), ("2.5", 2.5), ("-3", 0), ("nan", 0), ("inf", MAX_RETRY_AFTER_SECONDS), ("soon", 0),
     ("99999999", MAX_RETRY_AFTER_SECONDS), ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0.0),
    ],
)  # fmt: skip
def test_retry_after(written: str, seconds: float) -> None:
    assert retry_after({"retry-after": written}) == seconds
    assert RateLimited("too fast", retry_after=written).retry_after == seconds, "an adapter hands the header on"


def test_retry_after_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 <= retry_after({"retry-after": soon}) <= 100
    assert 90 <= RateLimited("too fast", retry_after=soon).retry_after <= 100


def test_an_excerpt_is_short_and_on_one_line() -> None:
    assert excerpt("a\r\n\tb   c") == "a b c"
    assert len(excerpt("x" * 5000)) == MAX_EXCERPT_LENGTH + 3
    assert excerpt("key=hunter22 and hunter22", ["hunter22", ""]) == "key=*** and ***"


def test_every_outcome_that_is_no_success_has_an_error() -> None:
    assert set(SEND_ERRORS) == set(SendOutcome) - SUCCESS


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(JSON, st.lists(st.sampled_from(["0", "1", "a", "-1", "²", "99999999999"]), max_size=4))
def test_paths_never_fail(value: object, path: list[str]) -> None:
    at_path(value, tuple(path))


def test_paths() -> None:
    assert at_path({"a": [{"b": 1}]}, ("a", "0", "b")) == 1
    assert at_path({"a": [{"b": 1}]}, ("a", "1", "b")) is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("1795304592", 1795304592000),
        ("1795304592.5", 1795304592500),
        ("1795304592123", 1795304592123),
        ("2026-11-22T01:02:03Z", 1795309323000),
        ("2026-11-22T01:02:03+0000", 1795309323000),
        ("2026-11-22 01:02:03", 1795309323000),
        ("2026-11-22T02:02:03.5+01:00", 1795309323500),
        ("0001-01-01T00:00:00+02:00", 0),
        ("9999-12-31T23:59:59-05:00", 0),
        ("", 0),
        ("yesterday", 0),
        ("9" * 400, 0),
        ("٣", 0),
    ],
)
def test_dates(written: str, found: int) -> None:
    assert milliseconds(written) == found


@given(st.text(), st.text(), st.text())
def test_the_hash_tells_messages_apart(sender: str, text: str, date: str) -> None:
    assert message_hash(sender, "1", text, date) == message_hash(sender, "1", text, date)
    assert message_hash(sender, "1", text, date) != message_hash(sender, "2", text, date)
    assert message_hash(sender, "1", text, "1") != message_hash(sender, "1", text, "2")

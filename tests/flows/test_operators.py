"""Operators: how conditions compare."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from flows.operators import (
    MAX_LIST_LENGTH,
    MAX_NUMBER_LENGTH,
    MAX_PATTERN_LENGTH,
    OPERATORS,
    WITHOUT_VALUE,
    compile_conditions,
    equal,
    operator_name,
    order,
)
from models.errors import InvalidValue
from models.service import Condition

TABLE = YAML(typ="safe", pure=True).load((Path(__file__).parent / "operators.yaml").read_text("utf-8"))
VALUES = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
ANYTHING = st.recursive(
    st.none() | VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


def holds(operator: str, found: Any, value: Any = "", *, variable: str = "sms.message") -> bool:
    return compile_conditions([Condition(variable, operator, value)])({"sms": {"message": found}})


@pytest.mark.parametrize(("operator", "found", "value", "expected"), TABLE)
def test_comparisons(operator: str, found: Any, value: Any, expected: bool) -> None:
    assert holds(operator, found, value) is expected
    assert holds(operator, found, value, variable="$(sms.message)") is expected


def test_every_operator_is_in_the_table_both_ways() -> None:
    assert {(row[0], row[3]) for row in TABLE} == {(name, expected) for name in OPERATORS for expected in (True, False)}


def test_a_value_can_refer_to_another_variable() -> None:
    for operator, pattern in (("equals", "$(b)"), ("regex", "^$(b)$")):
        test = compile_conditions([Condition("a", operator, pattern)])
        assert test({"a": "x", "b": "x"}) and not test({"a": "x", "b": "y"})


def test_rows_are_joined() -> None:
    rows = [Condition("a", "equals", 1), Condition("b", "equals", 1)]
    assert not compile_conditions(rows, "and")({"a": 1}) and compile_conditions(rows, "or")({"a": 1})
    assert compile_conditions([], "and")({}) and compile_conditions([], "or")({})


@pytest.mark.parametrize("written", ["Greater than", "greater-than", "GREATER_THAN", " greater  than "])
def test_operators_as_people_write_them(written: str) -> None:
    assert operator_name(written) == "greater_than"


@pytest.mark.parametrize(
    ("operator", "value", "message"),
    [
        ("resembles", "x", "no operator"),
        ("regex", "(", "missing )"),
        ("regex", "(?=a)b", "no regular expression"),
        ("regex", "a" * (MAX_PATTERN_LENGTH + 1), f"at most {MAX_PATTERN_LENGTH}"),
        ("regex", "(((a{1,100}){1,100}){1,100})", "no regular expression"),
        ("in", ["a"] * (MAX_LIST_LENGTH + 1), f"at most {MAX_LIST_LENGTH}"),
        ("between", "1", "two values"),
    ],
)
def test_what_cannot_be_compared_is_refused_beforehand(operator: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message.replace("(", r"\(").replace(")", r"\)")):
        compile_conditions([Condition("a", operator, value)])


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no reference"):
        compile_conditions([Condition("a b", "equals", 1)])


def test_half_a_character_is_no_reason_to_fail() -> None:
    assert holds("regex", "a\ud83d", "^a")


def test_a_very_long_number_is_text() -> None:
    assert not equal("1" * (MAX_NUMBER_LENGTH + 1), "1" * (MAX_NUMBER_LENGTH + 1) + ".0")
    assert equal("1" * MAX_NUMBER_LENGTH, "1" * (MAX_NUMBER_LENGTH - 2) + "11")


@given(VALUES, VALUES)
def test_order_is_the_same_from_both_sides(left: Any, right: Any) -> None:
    ordered, mirrored = order(left, right), order(right, left)
    assert (ordered is None) == (mirrored is None) and (ordered or 0) == -(mirrored or 0)
    assert equal(left, right) == equal(right, left)
    both = {"a": left, "b": right}
    assert compile_conditions([Condition("a", "less_than", "$(b)")])(both) is (ordered == -1)


@given(ANYTHING)
def test_everything_equals_itself(value: Any) -> None:
    assert equal(value, value) and order(value, value) == 0


@given(ANYTHING, ANYTHING, st.sampled_from([name for name in OPERATORS if name not in {*WITHOUT_VALUE, "regex"}]))
def test_any_two_values_can_be_compared(left: Any, right: Any, operator: str) -> None:
    test = compile_conditions([Condition("a", operator, "$(b)")])
    try:
        answer = test({"a": left, "b": right})
    except InvalidValue as error:
        assert operator == "between", error
    else:
        assert answer in (True, False)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_regular_expression_fails_clearly_or_answers(text: str, pattern: str) -> None:
    test = compile_conditions([Condition("a", "regex", "$(b)")])
    try:
        assert test({"a": text, "b": pattern}) in (True, False)
    except InvalidValue:
        pass


@given(ANYTHING, st.lists(ANYTHING, max_size=5))
def test_a_list_contains_what_equals_one_of_its_items(value: Any, items: list[Any]) -> None:
    found = compile_conditions([Condition("a", "contains", "$(b)")])({"a": items, "b": value})
    assert found is any(equal(item, value) for item in items)


def test_a_long_list_in_a_long_list_takes_little_more_than_a_short_one() -> None:
    test = compile_conditions([Condition("a", "contains", "$(b)")])

    def seconds(size: int) -> float:
        items = [f"item {number}" for number in range(size)]
        times = []
        for _ in range(5):
            began = time.thread_time()
            assert not test({"a": items, "b": items})
            times.append(time.thread_time() - began)
        return min(times)

    assert seconds(2_000) < 40 * seconds(200) + 0.02

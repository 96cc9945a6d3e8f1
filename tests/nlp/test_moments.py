"""English moments: what is looked at before the rules leaves none of theirs out, and no letter makes a rule fail."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import english_clock, english_days, english_hours, english_months
from nlp.clock import Clock, local_time
from nlp.english_calendar import DAYS, MONTHS, SMALL
from nlp.moments import RULES, find_moments, rules_for
from nlp.ordinals import ONES as ORDINALS

from .conftest import NOW

CLOCK = Clock(local_time(NOW, "UTC"), day_first=True)
WORDS = (
    *MONTHS, *DAYS, *SMALL, "jan", "sept", "dec", "today", "tonight", "tomorrow", "yesterday", "the day after tomorrow",
    "day before yesterday", "this", "last", "next", "on", "in", "at", "at the", "in the", "morning", "afternoon",
    "evening", "night", "noon", "midday", "midnight", "minutes", "hour", "days", "weeks", "fortnight", "months", "year",
    "ago", "from now", "working days", "half past", "quarter past", "a quarter to", "am", "p.m.", "o'clock", "of", "st",
    "th", "the", "week", "weekend", "end of", "5th", "23rd", "half an", "a couple of", "mins", "hrs", "and a half",
    "christmas", "new year's eve", "boxing day", "thirty", "forty-five", "oh five", "past", "to", "half", "quarter of",
    "around", "between", "from", "and", "2-4pm", "5", "10", "minutes", "time", "week after next", "20mins",
    "call me", "since", "end of", "may to", "3pm-4", "9am", "9.30", "dec 88", "4:30", "1400", "0930", "lands",
    "GMT+5:30",
    "next year", "after next", "fri", "sat", "after", "before", "until", *ORDINALS, "twenty-first", "thirty first",
    "3", "12", "17:30", "5pm", "2026", "2026-03-04", "3/4", "3.4.26", "2nd", "٣", "of it", "order", "please",
)  # fmt: skip


@settings(max_examples=500)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), st.sampled_from([str, str.upper]))
def test_no_rule_is_left_out(text: str, case: type[str]) -> None:
    text = case(text)
    looked_at = rules_for(text)
    for rule in (*english_days.RULES, *english_clock.RULES, *RULES, *english_months.FIRST_RULES, *english_months.RULES):
        if rule[0].search(text):
            assert rule in looked_at
    for rule in english_hours.RULES:
        if any(rule[1](match, CLOCK) for match in rule[0].finditer(text)):
            assert rule in looked_at


@settings(max_examples=500)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join), st.sampled_from(["sſ", "iı", "kK"]))
def test_letters_that_count_as_others(text: str, pair: str) -> None:
    odd = text.replace(pair[0], pair[1])
    for row in find_moments(odd, now=NOW):
        assert odd[row.start : row.end] == row.text != ""


@pytest.mark.parametrize("text", ["saturday ſix", "the end of ſeptember", "call me after fıve", "tomorrow nıne"])
def test_words_that_only_look_like_one(text: str) -> None:
    assert all(row.kind == "date" for row in find_moments(text, now=NOW))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("my flight lands at 2355", ["23:55"]),
        ("call me at 1400, please", ["14:00"]),
        ("tomorrow at 1400", ["2026-11-23T14:00"]),
        ("by 1430 tomorrow", ["2026-11-23T14:30"]),
        ("I need it by 0930", ["09:30"]),
        ("I am at 1400 points", []),
        ("my balance is at 1400", []),
        ("deliver it at 1400 Main Street", []),
        ("can it be delivered by 2027", []),
        ("prices starting at 1500", []),
        ("order 1400", []),
    ],
)
def test_four_figures_are_a_time_where_the_sentence_is_about_time(text: str, values: list[str]) -> None:
    assert [row.value for row in find_moments(text, now=NOW)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("in 3 working days, six business days ago", ["2026-11-25", "2026-11-13"]),
        ("it takes 10 business days", []),
        ("dob 4 april 05", ["2005-04-04"]),
        ("born on 3 may '92", ["1992-05-03"]),
        ("DOB: 12 Dec 88, name Sam", ["1988-12-12"]),
        ("04-Apr-19", ["2019-04-04"]),
        ("5 june 27", ["2027-06-05"]),
        ("5 june 30 guests", ["2027-06-05"]),
        ("1 dec 14 people", ["2026-12-01"]),
        ("order 12-11-2026-44 or 2026-11-28-0044 or AB-12-11-2026", []),
        ("flat 2/1 15 high st", []),
        ("9.30 tomorrow", ["2026-11-23T09:30"]),
        ("it costs 9.30", []),
        ("I was charged 9.30 yesterday", ["2026-11-21"]),
        ("friday the 13th next year", ["2027-08-13", "2027-11-22"]),
        ("at 9 30 am", ["09:30"]),
        ("5-7pm fri", ["17:00", "2026-11-27T19:00"]),
        ("10:30 mon please", ["2026-11-23T10:30"]),
        ("3pm sat nav delivery", ["15:00"]),
        ("sat 28th 10:15", ["2026-11-28T10:15"]),
        ("the friday after next at 6pm", ["2026-12-04T18:00"]),
        ("fri after next", ["2026-12-04"]),
        ("weekend after next", ["2026-12-05"]),
        ("month after next", ["2027-01-22"]),
        ("the week before last", ["2026-11-08"]),
        ("the house after next door", []),
    ],
)
def test_days_as_people_write_them_on_phones(text: str, values: list[str]) -> None:
    assert [row.value for row in find_moments(text, now=NOW)] == values

"""How a text is cut into SMS: against recorded vectors, and for any text."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.segmentation import (
    GSM,
    GSM_EXTENSION,
    GSM_PART,
    GSM_SINGLE,
    UCS2_PART,
    UCS2_SINGLE,
    count_parts,
    is_gsm,
    segment,
    substitute,
)

SURROGATES = ("Cs",)
ANY_TEXT = st.text(st.characters(exclude_categories=SURROGATES), max_size=400) | st.text(
    st.sampled_from(sorted(GSM)), max_size=700
)


def test_three_other_libraries_agree(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "channels" / "sms_segmentation" / "vectors.json"
    if not path.exists():
        pytest.skip(f"the recorded vectors are not there: {path.name}")
    vectors = json.loads(path.read_text())
    assert len(vectors) > 20
    for vector in vectors:
        found = segment(vector["text"])
        said = [value for name, value in vector.items() if name != "text" and not name.startswith("smpplib")]
        assert all(value == [found.encoding, len(found.parts)] for value in said), vector["text"]


@pytest.mark.parametrize(
    ("text", "encoding", "sizes"),
    [
        ("", "GSM-7", [0]),
        ("a" * 160, "GSM-7", [160]),
        ("a" * 161, "GSM-7", [153, 8]),
        ("a" * 306, "GSM-7", [153, 153]),
        ("a" * 307, "GSM-7", [153, 153, 1]),
        ("€" * 80, "GSM-7", [80]),
        ("€" * 81, "GSM-7", [76, 5]),  # 76 pairs fill 152 of 153
        ("a" * 152 + "€" + "b" * 10, "GSM-7", [152, 11]),  # the pair does not fit into the last place
        ("`", "UCS-2", [1]),
        ("ç", "UCS-2", [1]),
        ("Ç", "GSM-7", [1]),
        ("я" * 70, "UCS-2", [70]),
        ("я" * 71, "UCS-2", [67, 4]),
        ("👋" * 35, "UCS-2", [35]),
        ("👋" * 36, "UCS-2", [33, 3]),  # 33 pairs fill 66 of 67
        ("x" * 159 + "🙂", "UCS-2", [67, 67, 26]),
    ],
)
def test_cuts(text: str, encoding: str, sizes: list[int]) -> None:
    found = segment(text)
    assert (found.encoding, [len(part) for part in found.parts]) == (encoding, sizes)


@given(ANY_TEXT)
def test_parts_join_to_the_text_and_none_is_too_long(text: str) -> None:
    encoding, parts = segment(text)
    assert "".join(parts) == text
    assert len(parts) == count_parts(text)
    assert all(parts) or not text
    if encoding == "GSM-7":
        sizes = [len(part) + sum(character in GSM_EXTENSION for character in part) for part in parts]
        single, several = GSM_SINGLE, GSM_PART
    else:
        sizes = [len(part.encode("utf-16-be")) // 2 for part in parts]
        single, several = UCS2_SINGLE, UCS2_PART
    assert max(sizes) <= (single if len(parts) == 1 else several)
    # greedy: only what could not be cut is left over at the end of a part
    assert all(size >= several - 1 for size in sizes[:-1])


@given(ANY_TEXT)
def test_substitution_never_makes_it_longer(text: str) -> None:
    plain = substitute(text)
    assert plain == text or (is_gsm(plain) and not is_gsm(text))
    assert count_parts(plain) <= count_parts(text)


def test_substitution() -> None:
    assert substitute("“It’s” – well… fine\u00a0") == '"It\'s" - well... fine '
    assert substitute("“Привет”") == "“Привет”"

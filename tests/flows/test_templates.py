"""Templates: what is a reference, what is plain text, and what is neither."""

import pytest

from flows.templates import MISSING, Template, Value, as_text


class Names:
    """Every name of one letter has itself in capitals as its value."""

    def lookup(self, path: tuple[str, ...]) -> object:
        return path[0].upper() if len(path[0]) == 1 else MISSING


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("a $(b) c", "a B c"),
        ("a $$(b) c", "a $(b) c"),
        ("a $$(b", "a $(b"),
        ("$$($(b)", "$(B"),
        ("$$$(b)", "$B"),
        ("$$$$(b)", "$$(b)"),
        ("cost: $$$(b).00, $$(b)", "cost: $B.00, $(b)"),
        ("$5 (five)", "$5 (five)"),
        ("a $ (b", "a $ (b"),
        ("100$", "100$"),
    ],
)
def test_references_are_replaced_and_the_rest_stays(source: str, rendered: str) -> None:
    assert Template(source).render(Names()) == rendered
    assert Value([source]).value(Names()) == [rendered]


@pytest.mark.parametrize("source", ["a $(b", "$(", "$(a $(b)", "$(a) and $(b", "$(a(b))", "$(a$$(b)"])
def test_a_reference_without_an_end_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"needs its closing parenthesis; write \$\$\( for a plain \$\("):
        Template(source)
    with pytest.raises(ValueError, match="closing parenthesis"):
        Value({"deep": [source]})


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-05, "0.00001"), (0.1, "0.1"), (2.0, "2"), (1e16, "10000000000000000"), (-2.5e-6, "-0.0000025"),
     (1e300, "1e+300"), (1e-9, "1e-09")],
)  # fmt: skip
def test_numbers_are_written_in_figures(value: float, text: str) -> None:
    assert as_text(value) == text

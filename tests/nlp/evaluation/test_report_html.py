"""HTML report: stands alone, hides nothing, and shows what customers wrote as text and nothing else."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.evaluation.classifier import Trained
from nlp.evaluation.report_html import to_html
from nlp.evaluation.result import Result, run_test
from nlp.project import NONE_OF_THESE

from .outcomes import Fixed, examples

pytest.importorskip("jinja2")

VOID = {"meta"}


class Page(HTMLParser):
    """What a page holds; fails where a tag is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def result(nasty: str, label: str) -> Result:
    trained = Trained(
        Fixed({"a": [(label, 0.9)], "b": [(label, 0.8)]}), ("x", "y", "z"), (label, "other", NONE_OF_THESE)
    )
    rows = examples(("a", label), ("b", "other"), (f"{nasty} q", "other"), ("d", NONE_OF_THESE))
    return run_test(trained, rows, name=nasty)


@given(nasty=st.text(max_size=30), label=st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()))
def test_any_text_is_text(nasty: str, label: str) -> None:
    if not label.split() or label.strip() in {"other", NONE_OF_THESE, "oos", "out_of_scope"}:
        return
    page = Page(to_html(result(nasty, " ".join(label.split()))))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "link", "iframe", "a"})
    attributes = {name for _, attributes in page.tags for name in attributes}
    assert not any(name.startswith("on") or name in {"src", "href"} for name in attributes)


def test_what_is_shown() -> None:
    html = to_html(result("<script>alert(1)</script>", "order & <b>more</b>"), ["1 of 4 utterances are right"])
    page = Page(html)
    assert "<script" not in html
    assert "<script>alert(1)</script> q" in page.text
    assert "order & <b>more</b>" in page.text
    assert "1 of 4 utterances are right" in page.text
    assert re.search(r"url\(|@import|https?://", html) is None
    assert "prefers-color-scheme: dark" in html
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(pictures) == 3
    names = {attributes.get("id") for _, attributes in page.tags}
    assert all(set((picture["aria-labelledby"] or "?").split()) <= names for picture in pictures)
    assert sum(tag == "table" for tag, _ in page.tags) == 5  # the misses, one behind each picture, one behind the bars


def test_what_is_wider_than_a_phone_scrolls_and_has_a_name() -> None:
    page = Page(to_html(result("hi", "order")))
    names = {attributes.get("id") for _, attributes in page.tags}
    scrolled = [(tag, attributes) for tag, attributes in page.tags if attributes.get("class") == "wide"]
    assert [tag for tag, _ in scrolled].count("figure") == 1  # the matrix: small, it could not be read
    for tag, attributes in scrolled:
        assert attributes["aria-labelledby"] in names and attributes["tabindex"] == "0"
        assert tag == "figure" or attributes["role"] == "group"  # a plain div has no name


def test_bars_are_as_long_as_f1_and_as_wide_as_the_screen() -> None:
    page = Page(to_html(result("hi", "order")))
    lengths = [str(attributes["style"]) for tag, attributes in page.tags if tag == "span" and "style" in attributes]
    assert lengths == ["width: 0.0%", "width: 66.7%", "width: 66.7%"]
    assert not any(attributes.get("class") == "long" for _, attributes in page.tags)


def test_intents_without_a_bar_are_told() -> None:
    names = [f"intent {number:02}" for number in range(62)]
    trained = Trained(Fixed({name: [(name, 0.9)] for name in names}), ("x",) * 62, tuple(names))
    told = "... and 2 with a higher F1: the table has them."
    for count, shown in ((60, False), (62, True)):
        rows = examples(*((name, name) for name in names[:count]))
        assert (told in Page(to_html(run_test(trained, rows, name="many"))).text) is shown


def test_where_nothing_is_in_scope() -> None:
    trained = Trained(Fixed({}), ("x",), ("other",))
    page = Page(to_html(run_test(trained, examples(("d", NONE_OF_THESE)), name="x")))
    assert "Missed: 0 of 1 Nothing." in page.text
    assert sum(tag == "svg" for tag, _ in page.tags) == 2

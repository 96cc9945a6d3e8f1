"""Questions and answers: files read with the line of what is wrong, and the nearest question found."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.errors import InvalidData
from nlp.knowledge import Article, read_knowledge
from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import read_project

SHOP = """
- questions: [How long does delivery take?, When will it arrive?, how many days until my parcel comes]
  answer: Three working days.
  category: Delivery
- question: Which cards do you take?
  questions: [how can I pay, do you accept credit cards]
  answer: |
    All of them.
    Cash, too.
- questions: [I want to talk to a person, give me a human]
  handover: true
"""
MARKDOWN = """Some words before the first heading.

# Returns

## How do I send something back?
## Can I return my order

With the label in the box.

```
## not a heading
```

### What does a return cost? ###
Nothing.
# Shops
## Where is your shop
In Bern.
"""

MUSEUM = """
- questions: [what is the entrance fee, how much is a ticket]
  answer: Twelve euros.
- questions: [guided tours, do you have tours in the evening]
  answer: At six.
- questions: [cloakroom and lockers, where do I leave my umbrella]
  answer: Behind the till.
- questions: [is there a lift for wheelchairs]
  answer: On the left.
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / "knowledge").mkdir(parents=True, exist_ok=True)
    (folder / "knowledge" / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Pipeline:
    write(write(tmp_path, "shop.yaml", SHOP), "faq.md", MARKDOWN)
    return load_pipeline(read_project(tmp_path))


def test_files_are_read(tmp_path: Path) -> None:
    articles = read_knowledge(write(write(tmp_path, "shop.yaml", SHOP), "faq.md", MARKDOWN))
    assert [(article.file, article.line, len(article.questions), article.category) for article in articles] == [
        ("knowledge/faq.md", 5, 2, "Returns"),
        ("knowledge/faq.md", 14, 1, "Returns"),
        ("knowledge/faq.md", 17, 1, "Shops"),
        ("knowledge/shop.yaml", 2, 3, "Delivery"),
        ("knowledge/shop.yaml", 5, 3, ""),
        ("knowledge/shop.yaml", 10, 2, ""),
    ]
    assert articles[0].answer == "With the label in the box.\n\n```\n## not a heading\n```"
    assert articles[1] == Article(("What does a return cost?",), "Nothing.", "Returns", False, "knowledge/faq.md", 14)
    assert articles[4].answer == "All of them.\nCash, too."
    assert articles[5].handover
    assert read_knowledge(tmp_path / "nothing") == ()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "- answer: x", "knowledge/a.yaml:1: this entry has no 'questions'"),
        ("a.yaml", "- questions: [x]\n- questions: [y]\n  answer: z", "knowledge/a.yaml:1: this entry has no 'answer'"),
        ("a.yaml", "- questions: [x]\n  answer: ' '", "knowledge/a.yaml:2: an answer needs words"),
        ("a.yaml", "- questions: ['?!']\n  answer: x", "knowledge/a.yaml:1: a question needs words"),
        ("a.yaml", "- questions: [x, X]\n  answer: x", "knowledge/a.yaml:1: the same question is there twice"),
        ("a.yaml", "- {question: x, answer: y}\n- {question: X, answer: z}", "knowledge/a.yaml:2: 'X' is already answ"),
        ("a.yaml", "- {question: x, anwser: y}", "knowledge/a.yaml:1: unknown field 'anwser'"),
        ("a.yaml", "- {question: x, handover: maybe}", "knowledge/a.yaml:1: handover is true or false"),
        ("a.yaml", "- question: x\n  answer: " + "y" * 4001, "knowledge/a.yaml:2: an answer has at most 4000"),
        ("a.yaml", "- question: " + "y" * 501 + "\n  answer: x", "knowledge/a.yaml:1: a question has at most 500"),
        ("a.yaml", "- {question: x, answer: y, category: " + "z" * 101 + "}", "a category has at most 100"),
        ("a.yaml", "- {question: x, answer: 7}", "knowledge/a.yaml:1: 7 is not text: put it in quotes"),
        ("a.md", "# A\n\n## B\n\n## C\nanswer", ""),
        ("a.md", "# A\n\n## B\n\n# C", "knowledge/a.md:3: this question has no answer"),
        ("a.md", "## B", "knowledge/a.md:1: this question has no answer"),
        ("a.md", "## B\n## b\nx", "knowledge/a.md:2: the same question is there twice"),
        ("a.md", "## ?\nx", "knowledge/a.md:1: a question needs words"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    folder = write(tmp_path, name, text)
    if not says:
        read_project(folder)
        return
    with pytest.raises(InvalidData) as wrong:
        read_project(folder)
    assert says in str(wrong.value)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "")
    (tmp_path / "knowledge" / "a.md").write_bytes(b"## caf\xe9\nx")
    with pytest.raises(InvalidData, match=r"knowledge/a.md: this is not UTF-8 \(byte 6\)"):
        read_knowledge(tmp_path)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("how long does the delivery take", "Three working days."),
        ("when does my parcel arive", "Three working days."),
        ("do you take visa cards", "All of them.\nCash, too."),
        ("can I pay by credit card", "All of them.\nCash, too."),
        ("can i speak to a human please", ""),
        ("HOW DO I RETURN MY ORDER", "With the label in the box.\n\n```\n## not a heading\n```"),
        ("where's the shop?", "In Bern."),
    ],
)
def test_the_nearest_question_is_found(shop: Pipeline, text: str, answer: str) -> None:
    found = shop.read(text, want=("answers",))
    assert found.answers
    best = found.answers[0]
    assert (best.text, best.handover) == (answer, answer == "")
    assert f"{best.score:.2f} alike: {best.question}" == found.why[-1].because
    scores = [answer.score for answer in found.answers]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("text", ["how long does the delivery take", "do you take visa cards"])
def test_courtesy_around_a_question_takes_nothing_from_its_answer(shop: Pipeline, text: str) -> None:
    bare = shop.read(text, want=("answers",)).answers
    kind = shop.read(f"Hello there, {text}? Thank you very much!", want=("answers",)).answers
    assert kind[0].text == bare[0].text
    assert kind[0].score >= 0.95 * bare[0].score


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "\x00", "xyzzy", "a" * 100_000, "¿?", "你好"])
def test_what_is_like_nothing(shop: Pipeline, text: str) -> None:
    found = shop.read(text, want=("answers",))
    assert found.answers is not None
    assert all(answer.score < 0.3 for answer in found.answers)


def test_the_question_itself_is_quite_alike(shop: Pipeline) -> None:
    for article in shop.project.knowledge:
        for question in article.questions:
            found = shop.read(question, want=("answers",)).answers
            assert found
            assert found[0].question == question
            assert found[0].score == pytest.approx(1.0)


@given(st.text(max_size=60))
def test_scores_lie_between_0_and_1(text: str) -> None:
    found = PIPELINE.read(text, want=("answers",)).answers
    assert found is not None
    assert all(0 <= answer.score <= 1 for answer in found)


def _pipeline() -> Pipeline:
    from nlp.answers import Answers
    from nlp.project import Project

    articles = (Article(("how are you", "wie geht's"), "fine"), Article(("qué tal", "ok?"), "bien"))
    return Pipeline([Answers()], Project(knowledge=articles))


PIPELINE = _pipeline()


def test_without_knowledge_there_is_no_answer(tmp_path: Path) -> None:
    found = load_pipeline(read_project(tmp_path)).read("hello", want=("answers",))
    assert (found.answers, found.why[-1].because) == ([], "there is nothing in nlp/knowledge")


def test_intents_have_titles(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    file = tmp_path / "intents" / "a.yaml"
    file.write_text("- {intent: a, title: Something, examples: [x]}\n- {intent: a, examples: [y]}")
    assert read_project(tmp_path).titles == {"a": "Something"}
    file.write_text("- {intent: a, title: Something, examples: [x]}\n- {intent: a, title: Else, examples: [y]}")
    with pytest.raises(InvalidData, match=r"a.yaml:2: intent 'a' has the title 'Something' already"):
        read_project(tmp_path)
    file.write_text("- {intent: a, title: ' ', examples: [x]}")
    with pytest.raises(InvalidData, match=r"a.yaml:1: a title has 1 to 100 characters"):
        read_project(tmp_path)


@pytest.mark.parametrize(
    ("text", "answer"),
    [("what is in the lockers", "Behind the till."), ("is there a guided tour", "At six."),
     ("do you have lockers", "Behind the till.")],
)  # fmt: skip
def test_what_is_common_in_english_says_little(tmp_path: Path, text: str, answer: str) -> None:
    """In a few texts "is there a" is as rare as the name of a thing, and in English it is not."""
    write(tmp_path, "museum.yaml", MUSEUM)
    found = load_pipeline(read_project(tmp_path)).read(text, want=("answers",)).answers
    assert found and found[0].text == answer
    (tmp_path / "pipeline.yaml").write_text("language: pl\ncomponents: [answers]\n")
    other = load_pipeline(read_project(tmp_path)).read(text, want=("answers",)).answers
    assert other and other[0].text != answer

"""Knowledge: questions and their answers, as the designer wrote them in `nlp/knowledge/*.yaml` or `*.md`."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from nlp.errors import InvalidData
from nlp.plain_file import plain_file_size
from nlp.yaml_lines import MAX_FILE_BYTES, Place, read_yaml

MAX_ARTICLES = 5_000
MAX_QUESTIONS = 20_000
MAX_QUESTION_LENGTH = 500
MAX_ANSWER_LENGTH = 4_000
MAX_CATEGORY_LENGTH = 100
HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*")
FENCE = re.compile(r"[ \t]{0,3}(?:```|~~~)")


class Article(msgspec.Struct, frozen=True):
    """An answer, and the ways to ask for it. `handover`: a person is to answer."""

    questions: tuple[str, ...]
    answer: str
    category: str = ""
    handover: bool = False
    file: str = ""
    line: int = 0


def read_knowledge(folder: Path) -> tuple[Article, ...]:
    """All articles below `folder`/knowledge; raises `InvalidData` with file and line."""
    home = folder / "knowledge"
    articles: list[Article] = []
    asked: dict[str, Article] = {}
    for file in sorted([*home.glob("*.yaml"), *home.glob("*.yml"), *home.glob("*.md")]):
        for article in _markdown(file, folder) if file.suffix == ".md" else _yaml(file, folder):
            for question in article.questions:
                other = asked.setdefault(" ".join(question.casefold().split()), article)
                if other is not article:
                    message = f"{question!r} is already answered in {other.file}:{other.line}: keep one of the two"
                    raise InvalidData(article.file, article.line, message)
            articles.append(article)
            if len(articles) > MAX_ARTICLES or len(asked) > MAX_QUESTIONS:
                message = f"the knowledge has at most {MAX_ARTICLES} answers to {MAX_QUESTIONS} questions"
                raise InvalidData(article.file, article.line, message)
    return tuple(articles)


def _yaml(file: Path, folder: Path) -> Iterator[Article]:
    top = read_yaml(file, folder)
    if top.empty:
        return
    for entry in top.items() if top.is_list else [top]:
        fields = entry.as_mapping().fields({"question", "questions", "answer", "category", "handover"})
        places = [fields["question"]] if "question" in fields else []
        places += list(fields["questions"].items()) if "questions" in fields else []
        if not places:
            raise entry.error("this entry has no 'questions': list how customers ask for it")
        questions = tuple(_question(place.text(), place) for place in places)
        if len({question.casefold() for question in questions}) < len(questions):
            raise entry.error("the same question is there twice: once is enough")
        handover = _flag(fields["handover"]) if "handover" in fields else False
        if "answer" not in fields and not handover:
            raise entry.error("this entry has no 'answer': write one, or `handover: true` where a person is to answer")
        answer = _answer(fields["answer"].text(), fields["answer"]) if "answer" in fields else ""
        category = " ".join(fields["category"].text().split()) if "category" in fields else ""
        if len(category) > MAX_CATEGORY_LENGTH:
            raise fields["category"].error(f"a category has at most {MAX_CATEGORY_LENGTH} characters")
        yield Article(questions, answer, category, handover, entry.file, entry.line)


def _flag(place: Place) -> bool:
    value = place.plain()
    if not isinstance(value, bool):
        raise place.error("handover is true or false")
    return value


def _question(text: str, place: Place) -> str:
    question = " ".join(text.split())
    if not any(character.isalnum() for character in question):
        raise place.error("a question needs words")
    if len(question) > MAX_QUESTION_LENGTH:
        raise place.error(f"a question has at most {MAX_QUESTION_LENGTH} characters")
    return question


def _answer(text: str, place: Place) -> str:
    answer = text.strip()
    if not answer:
        raise place.error("an answer needs words")
    if len(answer) > MAX_ANSWER_LENGTH:
        raise place.error(f"an answer has at most {MAX_ANSWER_LENGTH} characters")
    return answer


def _markdown(file: Path, folder: Path) -> Iterator[Article]:
    """Headings of the second level and below are questions, the text under them is the answer.

    Several headings on end are ways to ask for one answer. A heading of the first level is the category.
    """
    name = str(file.relative_to(folder))
    try:
        if plain_file_size(file) > MAX_FILE_BYTES:
            raise InvalidData(name, 0, f"a file has at most {MAX_FILE_BYTES // 1024 // 1024} MB")
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidData(name, 0, f"this is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    except OSError as error:
        raise InvalidData(name, 0, f"cannot be read: {error.strerror}") from None
    category, fenced = "", False
    questions: list[str] = []
    answer: list[str] = []
    begun = Place(name, 1)
    for number, line in enumerate([*lines, "# "], 1):
        if FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else HEADING.fullmatch(line)
        last = number > len(lines)
        if heading is None and not last:
            if questions:
                answer.append(line)
            continue
        if questions and (last or len(heading[1]) == 1 or any(map(str.strip, answer))):  # type: ignore[index]
            text = "\n".join(answer)
            if not text.strip():
                raise begun.error("this question has no answer: write one below it")
            yield Article(tuple(questions), _answer(text, begun), category, False, name, begun.line)
            questions = []
        answer = []
        if last:
            return
        assert heading is not None
        here = Place(name, number)
        if len(heading[1]) == 1:
            category = heading[2].strip()[:MAX_CATEGORY_LENGTH]
            continue
        begun = begun if questions else here
        question = _question(heading[2], here)
        if question.casefold() in {other.casefold() for other in questions}:
            raise here.error("the same question is there twice: once is enough")
        questions.append(question)

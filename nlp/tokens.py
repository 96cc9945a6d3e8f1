"""Tokens: the words of a text, by spaCy."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from models.utterance import Token, Understanding
from nlp.base import Component, Context
from nlp.errors import Unavailable
from nlp.project import Project
from nlp.spacy_models import NAME, SpacyReader, check_spacy, load_spacy


class Tokens(Component):
    """Words and punctuation, each with its place in the text.

    Lemmas and parts of speech come too where a spaCy model is named.
    """

    kind = "tokens"
    gives: ClassVar[tuple[str, ...]] = ("tokens", "lemmas")

    model: str = Field(default="", pattern=NAME)
    """An installed spaCy model such as en_core_web_sm. Empty: words only, which is much faster."""

    _readers: dict[str, SpacyReader] = PrivateAttr(default_factory=dict)

    def check_machine(self, project: Project) -> None:
        if self.model:
            check_spacy(self.model)

    def prepare(self, project: Project, models: Path | None) -> None:
        self.reader(str(project.settings.get("language", "en")))

    def reader(self, language: str) -> SpacyReader:
        """spaCy for a language; a language that spaCy does not know is read as any other ("xx")."""
        if self.model:
            language = self.model
        reader = self._readers.get(language)
        if reader is None:
            reader = self._readers[language] = SpacyReader(self._model() if self.model else _blank(language))
        return reader

    def read(self, understanding: Understanding, context: Context) -> str:
        if "lemmas" in context.want and not self.model:
            raise Unavailable(NO_MODEL.format(what="lemmas"))
        reader = self.reader(context.language)
        if self.model:
            understanding.tokens = reader.read(understanding.text, _with_lemmas)
        else:
            understanding.tokens = reader.read(understanding.text, _words_only, words_only=True)
        return f"{len(understanding.tokens)} words by {self.model or 'the rules of ' + context.language}"

    def _model(self) -> Any:
        engine = load_spacy(self.model, without=("ner", "entity_linker"))
        if not {"parser", "senter", "sentencizer"}.intersection(engine.pipe_names):
            engine.add_pipe("sentencizer")
        return engine


def _words_only(words: Any) -> list[Token]:
    return [Token(text := word.text, start := word.idx, start + len(text)) for word in words if not word.is_space]


def _with_lemmas(words: Any) -> list[Token]:
    return [
        Token(word.text, word.idx, word.idx + len(word.text), word.lemma_, word.pos_)
        for word in words
        if not word.is_space
    ]


NO_MODEL = (
    "{what} need a spaCy model: run `python -m spacy download en_core_web_sm` "
    "and set `{{kind: tokens, model: en_core_web_sm}}` in nlp/pipeline.yaml"
)


def _blank(language: str) -> Any:
    import spacy
    from spacy.attrs import IS_PUNCT, IS_SPACE
    from spacy.pipeline import Sentencizer

    code = language.partition("-")[0].lower()
    try:
        engine = spacy.blank(code)
    except ImportError:
        engine = spacy.blank("xx")
    if code == "el":  # a semicolon asks there
        engine.add_pipe("sentencizer", config={"punct_chars": [*Sentencizer.default_punct_chars, ";", "\u037e"]})
    else:
        engine.add_pipe("sentencizer")
    engine.max_length = 10_000_000
    # spaCy looks at a new word in twenty ways, and two of them are used here: it costs as much as the rest of a text.
    vocabulary: Any = engine.vocab
    looks = vocabulary.lex_attr_getters
    vocabulary.lex_attr_getters = {look: looks[look] for look in (IS_PUNCT, IS_SPACE)}
    return engine

"""Tokens: the words of a text, by spaCy."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from models.utterance import Token, Understanding
from nlp.base import Component, Context
from nlp.errors import Unavailable
from nlp.project import Project
from nlp.spacy_models import NAME, load_spacy


class Tokens(Component):
    """Words and punctuation, each with its place in the text.

    Lemmas and parts of speech come too where a spaCy model is named.
    """

    kind = "tokens"
    gives: ClassVar[tuple[str, ...]] = ("tokens", "lemmas")

    model: str = Field(default="", pattern=NAME)
    """An installed spaCy model such as en_core_web_sm. Empty: words only, which is much faster."""

    _engines: dict[str, Any] = PrivateAttr(default_factory=dict)

    def prepare(self, project: Project, models: Path | None) -> None:
        self.engine(str(project.settings.get("language", "en")))

    def engine(self, language: str) -> Any:
        """spaCy for a language; a language that spaCy does not know is read as any other ("xx")."""
        if self.model:
            language = self.model
        engine = self._engines.get(language)
        if engine is None:
            engine = self._engines[language] = self._model() if self.model else _blank(language)
        return engine

    def read(self, understanding: Understanding, context: Context) -> str:
        if "lemmas" in context.want and not self.model:
            raise Unavailable(NO_MODEL.format(what="lemmas"))
        engine = self.engine(context.language)
        with engine.memory_zone():  # else spaCy remembers every word that it ever saw
            understanding.tokens = [
                Token(word.text, word.idx, word.idx + len(word.text), word.lemma_, word.pos_)
                for word in engine(understanding.text)
                if not word.is_space
            ]
        return f"{len(understanding.tokens)} words by {self.model or 'the rules of ' + context.language}"

    def _model(self) -> Any:
        engine = load_spacy(self.model, without=("ner", "entity_linker"))
        if not {"parser", "senter", "sentencizer"}.intersection(engine.pipe_names):
            engine.add_pipe("sentencizer")
        return engine


NO_MODEL = (
    "{what} need a spaCy model: run `python -m spacy download en_core_web_sm` "
    "and set `{{kind: tokens, model: en_core_web_sm}}` in nlp/pipeline.yaml"
)


def _blank(language: str) -> Any:
    import spacy

    code = language.partition("-")[0].lower()
    try:
        engine = spacy.blank(code)
    except ImportError:
        engine = spacy.blank("xx")
    engine.add_pipe("sentencizer")
    engine.max_length = 10_000_000
    return engine

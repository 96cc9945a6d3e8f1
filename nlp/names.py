"""Names: persons, organisations and places, by a spaCy model where one is installed."""

import re
from typing import Any

from models.utterance import Entity
from nlp.errors import Unavailable
from nlp.spacy_models import SpacyReader, choose_spacy, load_spacy

KINDS = {
    "PERSON": "person", "PER": "person", "persName": "person", "PRS": "person",
    "ORG": "organisation", "orgName": "organisation",
    "GPE": "place", "LOC": "place", "GPE_LOC": "place", "placeName": "place", "geogName": "place",
}  # fmt: skip
"""What the labels of spaCy's models mean; their other labels, such as dates, are found better by rules."""

NAME_KINDS = ("organisation", "person", "place")
MAX_NAMES_TEXT = 2_000
"""Characters that are looked at: about 17 ms of computing time for every thousand."""

NOT_NEEDED = (
    "tagger", "parser", "lemmatizer", "trainable_lemmatizer", "attribute_ruler", "morphologizer", "senter",
    "entity_linker",
)  # fmt: skip
ANY_LANGUAGE = "xx"
POSSESSIVE = re.compile(r"['’]s\Z")


class Names:
    """Finds names with what of a model finds them; the rest of the model is not loaded."""

    def __init__(self, model: str, language: str) -> None:
        """Raises `Unavailable`, with how to get it, where the model is not installed or finds no names."""
        self.model = choose_spacy(model, language)
        engine = load_spacy(self.model, without=NOT_NEEDED)
        if "ner" not in engine.pipe_names:
            raise Unavailable(f"the spaCy model {self.model} finds no names: choose one that has `ner`")
        if "tok2vec" in engine.pipe_names and "ner" not in engine.get_pipe("tok2vec").listening_components:
            engine.remove_pipe("tok2vec")  # for the tagger and the parser, which are not there
        self._reader = SpacyReader(engine)

    def reads(self, language: str) -> bool:
        """Whether the model is for a language."""
        own: str = self._reader.engine.lang
        return own in (ANY_LANGUAGE, language.partition("-")[0].lower())

    def find(self, text: str) -> list[Entity]:
        """The names in a text as they are written, without the 's of a possessive, from the left."""
        return self._reader.read(text[:MAX_NAMES_TEXT], _names)


def _names(document: Any) -> list[Entity]:
    found: list[Entity] = []
    for span in document.ents:
        kind = KINDS.get(span.label_)
        words = POSSESSIVE.sub("", span.text)
        if kind is None or not any(map(str.isalpha, words)):
            continue
        start = span.start_char + len(words) - len(words.lstrip())
        words = words.strip()
        found.append(Entity(kind, " ".join(words.split()), words, start, start + len(words), "spacy"))
    return found

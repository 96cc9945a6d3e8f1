"""Methods: the thirteen things that the NLP node can do with a text, under the platform's names."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from models.content import MAX_TEXT_LENGTH
from models.utterance import Entity
from nlp.entities import MOMENTS, Entities, find_by_rule, settle
from nlp.errors import InvalidRequest, MethodUnavailable
from nlp.foreign_numbers import LANGUAGES, find_foreign_numbers
from nlp.foreign_quantities import find_foreign_units
from nlp.language import KNOWN, LETTERS, MAX_LETTERS, Language, detect
from nlp.numbers import find_numbers
from nlp.pipeline import Pipeline
from nlp.profanity import ProfanityFilter
from nlp.project import Project
from nlp.questions import question
from nlp.text import clean
from nlp.tokens import NO_MODEL, Tokens
from nlp.units import find_units

SURE, SURE_OF_FEW, FEW_WORDS = 0.9, 0.995, 3
"""How sure it must be that a text is in another language than the bot's; in the spell check also of fewer words."""


def run_method(pipeline: Pipeline, method: str, text: str, now: int) -> dict[str, Any]:
    """A method's outputs, and always `InputText`, `ResponsePayload` (all outputs) and `Timestamp`.

    `now` is milliseconds since 1970. Raises `InvalidRequest` for a method that does not exist,
    `MethodUnavailable` where something is not installed.
    """
    run = METHODS.get(method)
    if run is None:
        raise InvalidRequest(f"there is no NLP method {method!r}: {', '.join(METHODS)} are known")
    whole, _ = clean(text, MAX_TEXT_LENGTH)
    read = whole if method == "Profanity Filter" else clean(whole)[0]
    outputs = run(pipeline, read, now)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now)
    return {
        "InputText": whole,
        "Timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **outputs,
        "ResponsePayload": outputs,
    }


def _spell_check(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    """A text that is clearly in another language than the bot's stays as it is.

    What is in a bot's language that cannot be told, such as Slovak, looks like one that can, but not like English.
    """
    language, confidence = detect(text, expected=pipeline.language, first=True)
    enough = SURE if len(text.split()) >= FEW_WORDS else SURE_OF_FEW
    other = language != pipeline.language and (pipeline.language in KNOWN or language == "en")
    foreign = other and confidence >= enough
    return {"CorrectedText": text if foreign else pipeline.spelling.correct(text)}


def _language(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    language, confidence = _detected(pipeline, text, now)
    return {"DetectedLanguage": language, "DetectionConfidence": confidence}


NEED_A_MODEL = {
    "Lemmatization": "lemmas",
    "Parse Tree Generation": "parse trees",
    "Part of Speech Tagging": "parts of speech",
}
"""The methods that cannot do without a spaCy model, and what it gives them."""


def lacking_methods(pipeline: Pipeline | None = None) -> dict[str, str]:
    """The methods that a pipeline can never do as it is set up, each with the reason; without one, the usual one."""
    components = pipeline.components if pipeline else ()
    tokens = next((component for component in components if isinstance(component, Tokens)), None)
    if tokens and tokens.model:
        return {}
    return {method: NO_MODEL.format(what=what) for method, what in NEED_A_MODEL.items()}


def _detected(pipeline: Pipeline, text: str, now: int) -> tuple[str, float]:
    """The language of a text as the pipeline tells it; among all that are known where it chooses among none."""
    component = next((row for row in pipeline.components if "language" in row.given_parts()), None)
    settings = component if isinstance(component, Language) else Language()
    if component is not None and (component is not settings or settings.languages):
        read = pipeline.read(text, want=("language",), now=now)
        return read.language, read.language_confidence
    if len(LETTERS.findall(text[:MAX_LETTERS])) < settings.shortest:
        return pipeline.language, 0.0
    return detect(text, expected=pipeline.language, first=True)


def _spoken(pipeline: Pipeline, text: str, now: int) -> str:
    """The language in which the pipeline's other components read a text."""
    return pipeline.read(text, want=("language",), now=now).language or pipeline.language


def _document(pipeline: Pipeline, text: str, read: Callable[[Any], Any], *, method: str = "") -> Any:
    """What `read` finds in a text, with spaCy as the pipeline has it; with a model where it cannot do without."""
    tokens = pipeline.component("tokens") or Tokens()
    assert isinstance(tokens, Tokens)
    if method and not tokens.model:
        raise MethodUnavailable(NO_MODEL.format(what=NEED_A_MODEL[method]))
    return tokens.reader(pipeline.language).read(text, read)


def _annotated(words: Any, layer: str, what: str) -> list[Any]:
    """The words without white space; raises `MethodUnavailable` where the model does not say it of words."""
    found = [word for word in words if not word.is_space]
    if found and not words.has_annotation(layer):
        raise MethodUnavailable(f"the spaCy model in nlp/pipeline.yaml gives no {what}: name another one")
    return found


def _lemmas(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    def read(words: Any) -> list[str]:
        return [word.lemma_ for word in _annotated(words, "LEMMA", "lemmas")]

    return {"Lemmas": _document(pipeline, text, read, method="Lemmatization")}


def _parts_of_speech(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    def read(words: Any) -> list[dict[str, str]]:
        return [{"word": word.text, "tag": word.pos_} for word in _annotated(words, "POS", "parts of speech")]

    return {"PartofSpeechTags": _document(pipeline, text, read, method="Part of Speech Tagging")}


def _parse_tree(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    """`head_index` says which word is meant where one is there twice; that of the root is its own."""

    def read(words: Any) -> list[dict[str, Any]]:
        kept = _annotated(words, "DEP", "parse trees")
        place = {word.i: number for number, word in enumerate(kept)}
        return [
            {"word": word.text, "role": word.dep_, "head": head.text, "head_index": place[head.i]}
            for word, head in ((word, _head(word)) for word in kept)
        ]

    return {"GeneratedParseTree": _document(pipeline, text, read, method="Parse Tree Generation")}


def _head(word: Any) -> Any:
    """The word that a word hangs on, past white space, which models sometimes hang words on; itself at the end."""
    head = word.head
    while head.is_space and head.head.i != head.i:
        head = head.head
    return word if head.is_space else head


def _numbers(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    spoken = _spoken(pipeline, text, now)
    found = find_foreign_numbers(text, spoken) if spoken in LANGUAGES else find_numbers(text, spoken)
    return {"RecognizedNumbers": [number.value for number in found]}


def _question(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    language, confidence = _detected(pipeline, text, now)
    kind, how = question(text, language if confidence >= SURE else pipeline.language)
    return {"QuestionType": kind, "QuestionMethod": how}


def _sentences(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    def read(words: Any) -> list[str]:
        return [stripped for sentence in words.sents if (stripped := sentence.text.strip())]

    return {"SentenceTokens": _document(pipeline, text, read) if text.strip() else []}


def _sentiment(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    sentiment = pipeline.read(text, want=("sentiment",), now=now).sentiment
    return {"DetectedSentiment": sentiment.label if sentiment else "neutral"}


def _units(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    spoken = _spoken(pipeline, text, now)
    own = spoken in LANGUAGES
    found = find_foreign_units(text, spoken) if own else find_units(text, find_numbers(text, spoken), spoken)
    return {"RecognizedUnits": {quantity.text: quantity.value for quantity in found}}


def _words(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    def read(words: Any) -> list[str]:
        return [word.text for word in words if not word.is_space]

    return {"WordTokens": _document(pipeline, text, read)}


def _moments(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    """`SingleDate` and `SingleTime` are None unless there is exactly one of them."""
    component = next((row for row in pipeline.components if isinstance(row, Entities)), None) or Entities()
    found = find_by_rule(
        text, _spoken(pipeline, text, now), now=now, timezone=pipeline.timezone, day_first=component.day_first,
        phone_region=component.region(pipeline.project),
    )  # fmt: skip
    found = [entity for entity in settle(found) if entity.kind in MOMENTS]
    dates = [moment.value[:10] for moment in found if moment.kind in ("date", "datetime")]
    times = [moment.value[-5:] for moment in found if moment.kind in ("time", "datetime")]
    return {
        "SingleDate": dates[0] if len(dates) == 1 else None,
        "SingleTime": times[0] if len(times) == 1 else None,
        "DateTimePayload": [_moment(moment) for moment in found],
        "Timezone": pipeline.timezone,
    }


def _moment(moment: Entity) -> dict[str, Any]:
    return {"kind": moment.kind, "value": moment.value, "text": moment.text, "start": moment.start, "end": moment.end}


def _profanity(pipeline: Pipeline, text: str, now: int) -> dict[str, Any]:
    component = pipeline.component("profanity")
    if not isinstance(component, ProfanityFilter):
        component = ProfanityFilter()
        component.prepare(Project(), None)
    return {"FilteredText": component.find(text).masked}


METHODS: dict[str, Callable[[Pipeline, str, int], dict[str, Any]]] = {
    "Language Detection": _language,
    "Lemmatization": _lemmas,
    "Number Recognition": _numbers,
    "Parse Tree Generation": _parse_tree,
    "Part of Speech Tagging": _parts_of_speech,
    "Profanity Filter": _profanity,
    "Question Detection": _question,
    "Sentence Tokenization": _sentences,
    "Sentiment Analysis": _sentiment,
    "Spell Check": _spell_check,
    "Time and Date Recognition": _moments,
    "Units Recognition": _units,
    "Word Tokenization": _words,
}

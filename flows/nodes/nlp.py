"""NLP: one of thirteen small analyses of a text."""

from typing import Literal

from pydantic import Field

from flows.base import Node
from flows.durations import Duration
from flows.templates import Template
from flows.turn import NlpFailed, Turn
from models.flow import green, orange, red

MAX_TIMEOUT_SECONDS = 15

METHODS: dict[str, tuple[str, ...]] = {
    "Language Detection": ("DetectedLanguage", "DetectionConfidence"),
    "Lemmatization": ("Lemmas",),
    "Number Recognition": ("RecognizedNumbers",),
    "Parse Tree Generation": ("GeneratedParseTree",),
    "Part of Speech Tagging": ("PartofSpeechTags",),
    "Profanity Filter": ("FilteredText",),
    "Question Detection": ("QuestionType", "QuestionMethod"),
    "Sentence Tokenization": ("SentenceTokens",),
    "Sentiment Analysis": ("DetectedSentiment",),
    "Spell Check": ("CorrectedText",),
    "Time and Date Recognition": ("SingleDate", "SingleTime", "DateTimePayload", "Timezone"),
    "Units Recognition": ("RecognizedUnits",),
    "Word Tokenization": ("WordTokens",),
}
"""The methods and their outputs."""
OF_EVERY_METHOD = ("InputText", "ResponsePayload", "Timestamp")


class Nlp(Node):
    """Analyses a text by one method, such as Spell Check or Number Recognition.

    A text without a number, a unit or a date is no error: the node leaves by `onSuccess`, with an empty list.
    """

    kind = "nlp"
    category = "ai"
    static_references = True
    outcomes = (
        green("onSuccess", "the outputs are there"),
        orange("onTimeout", "it took too long"),
        red("onFailure", "the text was not processed"),
        red("onError", "something went wrong"),
        red("onInvalidData", "the text is empty"),
        red("onInvalidChoice", "the method gave none of its outputs"),
    )
    outputs = {
        "InputText": "the text that was analysed",
        "ResponsePayload": "all outputs of the method in one value",
        "Timestamp": "when it was analysed",
        "DetectedLanguage": "Language Detection: the code of the language, `en`",
        "DetectionConfidence": "Language Detection: how sure that is, from 0 to 1",
        "Lemmas": "Lemmatization: a list of the words in their basic form",
        "RecognizedNumbers": "Number Recognition: a list of numbers, `$(n3.RecognizedNumbers.0)` is the first",
        "GeneratedParseTree": "Parse Tree Generation: a list with `word`, `role`, and the `head` it hangs on",
        "PartofSpeechTags": "Part of Speech Tagging: a list with `word` and `tag`",
        "FilteredText": "Profanity Filter: the text with profane words masked",
        "QuestionType": "Question Detection: `none` for no question, else its kind: `yes/no`, `how`, `where`",
        "QuestionMethod": "Question Detection: by what that was told",
        "SentenceTokens": "Sentence Tokenization: a list of the sentences",
        "DetectedSentiment": "Sentiment Analysis: positive, neutral or negative",
        "CorrectedText": "Spell Check: the text with its slips corrected",
        "SingleDate": "Time and Date Recognition: the day, `2026-12-04`, if it is the only one",
        "SingleTime": "Time and Date Recognition: the time of day, `15:00`, if it is the only one",
        "DateTimePayload": "Time and Date Recognition: a list of all, each with `kind`, `value` and `text`",
        "Timezone": "Time and Date Recognition: the time zone of the bot, in which they are",
        "RecognizedUnits": "Units Recognition: by what was written, its `value` and `unit`",
        "WordTokens": "Word Tokenization: a list of the words",
    }

    method: Literal[
        "Language Detection", "Lemmatization", "Number Recognition", "Parse Tree Generation",
        "Part of Speech Tagging", "Profanity Filter", "Question Detection", "Sentence Tokenization",
        "Sentiment Analysis", "Spell Check", "Time and Date Recognition", "Units Recognition", "Word Tokenization",
    ]  # fmt: skip
    """What to do with the text."""
    text: Template = Template("$(message.text)")
    """The text to analyse."""
    timeout: Duration = Field(default=5, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long it may take."""

    def output_names(self) -> tuple[str, ...]:
        return (*OF_EVERY_METHOD, *METHODS[self.method])

    async def run(self, turn: Turn) -> str:
        text = turn.text(self.text)
        if not text.strip():
            turn.fail("there is no text to analyse", 3001)
            return "onInvalidData"
        try:
            outputs = await turn.nlp.method(self.method, text, now=turn.now, timeout_seconds=self.timeout)
        except NlpFailed as error:
            turn.fail(str(error))
            return "onTimeout" if error.timeout else "onFailure"
        turn.output(outputs)
        return "onSuccess" if any(name in outputs for name in METHODS[self.method]) else "onInvalidChoice"

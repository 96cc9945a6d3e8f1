"""Profanity Filter: find words that are on a block list, and mask them."""

from typing import Annotated

from pydantic import Field

from flows.base import Node
from flows.durations import Duration
from flows.templates import Template
from flows.turn import NlpFailed, Turn
from models.flow import green, orange, red

MAX_WORDS = 1_000
MAX_WORD_LENGTH = 100
MAX_TIMEOUT_SECONDS = 15

Word = Annotated[str, Field(min_length=1, max_length=MAX_WORD_LENGTH)]


class ProfanityFilter(Node):
    """Leaves by whether a text has profane words in it, and gives the text with them masked."""

    kind = "profanity_filter"
    category = "ai"
    static_references = True
    outcomes = (
        green("clean", "no word is on the list"),
        green("profane", "at least one is"),
        orange("onTimeout", "it took too long"),
        red("onError", "the text could not be read"),
    )
    outputs = {
        "FilteredText": "the text with profane words masked",
        "profanity.count": "how many profane words there are",
        "profanity.severity": "how bad the worst of them is",
    }

    text: Template = Template("$(message.text)")
    """The text to look through."""
    block: tuple[Word, ...] = Field(default=(), max_length=MAX_WORDS)
    """Words that are profane here, beside the usual ones."""
    allow: tuple[Word, ...] = Field(default=(), max_length=MAX_WORDS)
    """Words that are not profane here."""
    mask_log: bool = True
    """Whether the transaction log shows the masked text in place of what was written."""
    timeout: Duration = Field(default=5, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long it may take."""

    async def run(self, turn: Turn) -> str:
        text = turn.text(self.text)
        options = {name: words for name, words in (("block", self.block), ("allow", self.allow)) if words}
        try:
            read = await turn.understand(text, want=("profanity",), options=options, timeout_seconds=self.timeout)
        except NlpFailed as error:
            turn.fail(str(error))
            return "onTimeout" if error.timeout else "onError"
        found = read.profanity
        if found is None:
            turn.fail("the NLP pipeline has no profanity component: add one to nlp/pipeline.yaml")
            return "onError"
        masked = found.masked if found.found else text
        if self.mask_log:
            turn.redact(text, masked)
            for start, end in found.spans:
                word = _whole_word(read.text, start, end)
                turn.redact(read.text[word], masked[word])
        turn.output({"FilteredText": masked, "profanity.count": len(found.words), "profanity.severity": found.severity})
        return "profane" if found.found else "clean"


def _whole_word(text: str, start: int, end: int) -> slice:
    """The span with the rest of a word that it cuts: the log masks whole words, wherever they stand."""
    while start and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return slice(start, end)

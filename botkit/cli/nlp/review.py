"""`botkit nlp review`: messages that were not understood, labelled with one key each."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.output import Output, Span, count
from botkit.cli.share import Share

if TYPE_CHECKING:
    from botkit.stores.base import Store
    from nlp.evaluation.review import Heard, Item


MAX_MESSAGES = 1_000
UNDERSTANDING = frozenset({"intent", "nlp_pipeline"})
"""The nodes that find out what a customer wants."""

SKIPPED_FILE = Path(".botkit") / "review-skipped.txt"


@click.command("review")
@data.options(data.directory, data.as_json)
@click.option("--store", help="Where everything is kept (BOTKIT_STORE; .botkit/botkit.db in DIRECTORY).")
@click.option("--below", type=Share(), default=0.6, show_default=True,
              help="Also messages whose intent won with less confidence.")  # fmt: skip
@click.option("--again", is_flag=True, help="Also those that were skipped before.")
@click.pass_obj
def command(out: Output, directory: Path, as_json: bool, store: str | None, below: float, again: bool) -> None:
    """Label what customers said to the bot in DIRECTORY and it did not understand.

    Personal data is masked before anything is shown. A label becomes an example in nlp/intents/reviewed.yaml.
    """
    from functools import partial

    from botkit.cli.trace import read_store
    from nlp.evaluation.classifier import PipelineClassifier, project_classifier
    from nlp.evaluation.review import queue

    heard = read_store(out, directory, store, partial(_heard, below=below))
    trained = project_classifier(directory)
    classifier = trained.classifier
    assert isinstance(classifier, PipelineClassifier)
    items = queue(heard, classifier.pipeline, trained.texts, () if again else _skipped(directory))
    if as_json:
        out.json([msgspec.to_builtins(item) for item in items])
        return
    if not items:
        out.line("Nothing to review: everything was understood, or is labelled.")
        return
    _label(out, directory, items)


async def _heard(store: "Store", below: float) -> "list[Heard]":
    """Messages that nothing wanted, and those of which an Intent or NLP Pipeline node was not sure."""
    from nlp.evaluation.review import Heard

    found = [Heard(row.text, "unmatched", row.at) for row in await store.unmatched(MAX_MESSAGES)]
    for head in await store.transactions(MAX_MESSAGES):
        transaction = await store.transaction(head.id)
        for step in transaction.steps if transaction else ():
            for visit in step.visits:
                if visit.kind not in UNDERSTANDING or not step.text:
                    continue
                if visit.kind == "intent" and visit.outputs and "confidence" not in visit.outputs:
                    continue  # the answer to "did you mean": which of two it is, and no example
                confidence = visit.outputs.get("confidence")
                if not visit.outputs.get("intent") or not isinstance(confidence, int | float) or confidence < below:
                    found.append(Heard(step.text, "low confidence", step.at))
    return found


def _label(out: Output, directory: Path, items: "list[Item]") -> None:
    from nlp.evaluation.review import add_reviewed, labels

    labelled = 0
    for number, item in enumerate(items, start=1):
        keys = dict(labels(item))
        often = f", {item.count} times" if item.count > 1 else ""
        out.line((f"{number} of {len(items)}  ", "quiet"), (item.text, "title"), (f"  ({item.source}{often})", "quiet"))
        shown: list[str | Span] = []
        for place, score in enumerate(item.intents, start=1):
            shown += [(f"{place} ", "green"), f"{score.intent} {score.confidence:.2f}  "]
        out.line("  ", *shown, ("n ", "green"), "none of these  ", ("s ", "green"), "skip  ", ("q ", "green"), "quit")
        key = _key({*keys, "s", "q"})
        if key == "q":
            break
        if key == "s":
            _skip(directory, item)
            continue
        file = add_reviewed(directory / "nlp", item.text, keys[key])
        labelled += 1
        out.line(f"  {keys[key]}: added to {file}")
    learnt = ": a running bot learns them at once, another when it starts" if labelled else ""
    out.line(f"{count(labelled, 'example')} added{learnt}")


def _key(known: set[str]) -> str:
    """The next key that means something; the end of the input quits."""
    while True:
        try:
            key = click.getchar().lower()
        except (EOFError, OSError):
            return "q"
        if key in known or not key:
            return key or "q"


def _skipped(directory: Path) -> list[str]:
    try:
        return (directory / SKIPPED_FILE).read_text("utf-8").split()
    except OSError:
        return []


def _skip(directory: Path, item: "Item") -> None:
    """Remember by a hash that it was looked at: what was said is not kept a second time."""
    file = directory / SKIPPED_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as written:
        written.write(item.digest + "\n")

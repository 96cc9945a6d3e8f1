"""JUnit report: a result as the XML that build servers show: an intent a suite, an utterance a test."""

import re
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from nlp.evaluation.result import Result
from nlp.evaluation.slot_scores import SlotScores

UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def to_junit(result: Result) -> bytes:
    """The result as JUnit XML (https://github.com/testmoapp/junitxml); a miss is a failure with its reason."""
    misses = {(miss.text, miss.expected): miss for miss in result.misses}
    figures = result.figures
    slots = result.slots.entities if result.slots else ()
    missed = sum(row.right < row.support for row in slots)
    root = Element("testsuites", name=_text(result.name), tests=str(figures.count + len(slots)),
                   failures=str(figures.count - figures.right + missed), errors="0")  # fmt: skip
    rows = sorted(result.outcomes, key=lambda outcome: outcome.expected)
    for intent, group in groupby(rows, key=lambda outcome: outcome.expected):
        outcomes = list(group)
        failures = sum(not outcome.right for outcome in outcomes)
        suite = SubElement(
            root, "testsuite", name=_text(intent), tests=str(len(outcomes)), failures=str(failures), errors="0"
        )
        for outcome in outcomes:
            case = SubElement(suite, "testcase", classname=_text(intent), name=_text(outcome.text))
            if outcome.file:
                case.set("file", _text(outcome.file))
            if outcome.line:
                case.set("line", str(outcome.line))
            if outcome.right:
                continue
            found = f"{outcome.intent} instead of {outcome.expected}"
            failure = SubElement(case, "failure", type="miss", message=_text(found))
            miss = misses.get((outcome.text, outcome.expected))
            failure.text = _text(f"{outcome.place}\n{miss.because}\n{miss.advice}" if miss else found)
    if result.slots:
        _add_slots(root, result.slots, missed)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_slots(root: Element, slots: SlotScores, missed: int) -> None:
    """A suite with a test an entity, which fails where a marked value of it was not found."""
    suite = SubElement(
        root, "testsuite", name="marked values", tests=str(len(slots.entities)), failures=str(missed), errors="0"
    )
    for row in slots.entities:
        case = SubElement(suite, "testcase", classname="marked values", name=_text(row.entity))
        if row.right == row.support:
            continue
        found = f"{row.right} of {row.support} marked values found, F1 {row.f1:.3f}"
        failure = SubElement(case, "failure", type="slot", message=_text(found))
        failure.text = _text("\n".join(
            f"{miss.file}:{miss.line}: {miss.value!r} in {miss.text!r}: found {miss.instead or 'nothing'}"
            for miss in slots.misses if miss.entity == row.entity
        ))  # fmt: skip


def _text(text: str) -> str:
    return UNREADABLE.sub("\ufffd", text)

"""JUnit report: a result as the XML that build servers show: an intent a suite, an utterance a test."""

import re
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from nlp.evaluation.result import Result

UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def to_junit(result: Result) -> bytes:
    """The result as JUnit XML (https://github.com/testmoapp/junitxml); a miss is a failure with its reason."""
    misses = {(miss.text, miss.expected): miss for miss in result.misses}
    figures = result.figures
    root = Element("testsuites", name=_text(result.name), tests=str(figures.count),
                   failures=str(figures.count - figures.right), errors="0")  # fmt: skip
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
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _text(text: str) -> str:
    return UNREADABLE.sub("\ufffd", text)

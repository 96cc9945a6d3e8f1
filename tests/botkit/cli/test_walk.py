"""Walk: how a transaction is read in a terminal."""

from botkit.cli.walk import Walk, lines
from models.transaction import LogEntry, NodeVisit, Step, Transaction


def test_a_line_says_its_logbook_or_its_id() -> None:
    log = [
        LogEntry("plain"),
        LogEntry("asked", id=12),
        LogEntry("choice", value="a", logbook="choices"),
        LogEntry("the text is empty", "error", id=3001),
        LogEntry("she said: hi\r\n\nended with 101 Success"),
    ]
    step = Step(at=0, event="sms.mo", text="", visits=[NodeVisit(3, "receive", log=log)])
    head = Transaction(id="t", service="s", flow="f", version=1, key="ann\n  2  start", started_at=0, steps=[step])
    shown = ["".join(part if isinstance(part, str) else part[0] for part in line) for line in lines(Walk(head, "", {}))]
    assert [line.strip() for line in shown if line.startswith(" " * 8)] == [
        "info: plain", "info 12: asked", 'logbook choices: choice "a"', "error 3001: the text is empty",
        "info: she said: hi  ended with 101 Success",
    ]  # fmt: skip
    assert shown[0].endswith(", ann   2  start")
    assert "\n" not in "".join(shown)

"""Logs: lines for people on a terminal, JSON for programs, each with its transaction id where it has one."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

from models.delivery import Delivery
from models.session import Session

FIELDS = ("transaction_id", "flow", "asset", "service")
"""What a line may carry besides its message: `log.info("...", extra=of_session(session))`."""


def of_session(session: Session) -> dict[str, str]:
    """Whose session a line is about."""
    return {"transaction_id": session.id, "flow": session.flow, "asset": session.asset, "service": session.service}


def of_delivery(delivery: Delivery) -> dict[str, str]:
    """Whose outgoing message a line is about; one without a flow has no transaction."""
    return {"transaction_id": delivery.session_id, "asset": delivery.asset, "service": delivery.service}


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal obeys, and what readers of logs take for the end of a line."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields above, and the trace of an error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _known(record)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False, default=str)
        return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class TextLines(logging.Formatter):
    """Short lines for people. What comes from outside can neither begin a line nor steer the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        known = " ".join(f"{name}={value}" for name, value in _known(record).items())
        tail = f"  ({known})" if known else ""
        text = f"{at} {record.levelname.lower():<7} {record.getMessage()}{tail}"
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return _CONTROL.sub("\ufffd", text).replace("\n", "\n    ")


def _known(record: logging.LogRecord) -> dict[str, object]:
    return {name: vars(record)[name] for name in FIELDS if vars(record).get(name)}


def set_up_logs(level: str, form: Literal["auto", "text", "json"], stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (standard error): text on a terminal, else JSON, unless `form` says which."""
    stream = stream or sys.stderr
    text = form == "text" or (form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines() if text else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("botkit").setLevel(level.upper())

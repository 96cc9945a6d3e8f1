"""Errors: what can go wrong between a text and its understanding.

BotkitError
└── NlpError
    ├── InvalidPipeline     the components do not fit together, or one is unknown
    ├── InvalidData         intents or entities of a project are wrong (`file`, `line`)
    ├── InvalidModel        a model file is damaged, or was changed after training
    ├── ComponentFailed     a component has a defect
    ├── EngineFailed        an engine outside did not answer, or not as it should
    │   └── NotTaken        it did not even take the request
    ├── InvalidRequest      a part, an option or a method that does not exist
    ├── CannotWrite         a file could not be written
    ├── OutOfTime           the deadline passed before the text was understood
    └── Unavailable         something is not installed; the message says how to install it
        └── MethodUnavailable
"""

from models.errors import BotkitError


class NlpError(BotkitError):
    """The text could not be understood."""

    code = "nlp_error"


class InvalidPipeline(NlpError):
    """The components of a pipeline do not fit together; `faults` is each line of its file with what is wrong there."""

    code = "invalid_pipeline"
    of_files = True

    def __init__(self, message: str, faults: tuple[tuple[int, str], ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults or ((0, message),)


class InvalidData(NlpError):
    """A file of intents or entities is wrong, at a line that the message names."""

    code = "invalid_nlp_data"
    of_files = True

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.file = file
        self.line = line


class InvalidModel(NlpError):
    """A trained model that is not as it was when it was trained; `reason` is the message without the advice."""

    code = "invalid_model"

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason}; {advice}" if advice else reason)
        self.reason = reason


class ComponentFailed(NlpError):
    """A component raised what it should not."""

    code = "component_failed"


class EngineFailed(NlpError):
    """An engine outside did not answer, or not as it should; trying again later may help."""

    code = "engine_failed"


class NotTaken(EngineFailed):
    """The engine did not take the request, so it did nothing for it."""


class OutOfTime(NlpError):
    """The deadline passed before the text was understood."""

    code = "out_of_time"


class InvalidRequest(NlpError):
    """Something was asked for that does not exist."""

    code = "invalid_request"
    of_files = True


class CannotWrite(NlpError):
    """A file could not be written: no permission, or no room."""

    code = "cannot_write"


class Unavailable(NlpError):
    """A part of the understanding that needs something which is not installed."""

    code = "unavailable"


class MethodUnavailable(Unavailable):
    """A method of the NLP node that needs something which is not installed."""

    code = "method_unavailable"

"""Errors: the family that every floor's own errors belong to.

BotkitError
├── InvalidValue       a value broke a rule of its type (also a ValueError)
└── ...                each floor adds its own, named by what happened
"""


class BotkitError(Exception):
    """Something went wrong that a person can act on: `message` says what and how to mend it."""

    code = "error"
    """Short, stable name for programs."""

    of_files = False
    """Whether what was given has to be mended: the project or a file. Else it is something around it."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class InvalidValue(BotkitError, ValueError):
    """A value that its type does not allow."""

    code = "invalid_value"
    of_files = True

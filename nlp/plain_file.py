"""Plain file: how large a file of a project is, and that it is one."""

import errno
import stat
from pathlib import Path


def plain_file_size(file: Path) -> int:
    """How many bytes a file has.

    Raises `OSError` where it cannot be seen, or is a pipe or a device: a reader of those may wait without end.
    """
    found = file.stat()
    if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):  # reading a directory fails by itself
        return found.st_size
    raise OSError(errno.ENXIO, "it is a pipe or a device, not a file", str(file))

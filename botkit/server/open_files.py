"""Open files: how many connections the system lets this process have."""

import errno
import logging
import os
import resource

ENOUGH = 65_536
"""More than this is not asked for: some systems say that there is no limit at all."""

TELL_SECONDS = 60.0

log = logging.getLogger("botkit.server")


def limit() -> int:
    """How many files and connections may be open at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> None:
    """Ask for as many as this process may have: a shell often gives 1,024, far fewer than the server can serve."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if limit() < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # a Mac allows fewer than it says
            pass


class OpenFiles:
    """Tells the log when no more can be opened: the event loop then turns new connections away without a word."""

    def __init__(self) -> None:
        self._told_at = float("-inf")

    def look(self, now: float) -> None:
        """See whether there is room, and say that there is none, once a minute as long as that lasts."""
        if now - self._told_at < TELL_SECONDS:
            return
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._told_at = now
                log.error(
                    "no more files can be opened, and new connections are turned away until some are closed: this"
                    " process may have %s (ulimit -Hn, LimitNOFILE)", limit(),
                )  # fmt: skip

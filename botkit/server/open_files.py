"""Open files: how many connections the system lets this process have."""

import resource

ENOUGH = 65_536
"""More than this is not asked for: some systems say that there is no limit at all."""


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

"""TwilioCodes: what Twilio's error codes mean for a message. Source of the numbers: Twilio's error reference."""

from models.delivery import SendOutcome

_CODES: dict[SendOutcome, tuple[int, ...]] = {
    # no such number, not a mobile, switched off, no account on the channel
    SendOutcome.UNREACHABLE: (
        21211, 21214, 21217, 21612, 21614, 30003, 30005, 30006, 63003, 63024, 63036,
    ),
    SendOutcome.OPTED_OUT: (21610, 63033),
    SendOutcome.WINDOW_CLOSED: (63016,),
    SendOutcome.RATE_LIMITED: (14107, 20429, 21611, 30022, 63018),
    SendOutcome.TRANSIENT: (20500, 20503, 30001, 30008, 63009, 63010, 63012),
    # filtered by a carrier or by policy, or a request that is wrong in itself
    SendOutcome.REJECTED: (21602, 21606, 21617, 21619, 30004, 30007, 63013, 63032),
    SendOutcome.AUTH: (20003, 20403),
}  # fmt: skip
_OUTCOMES = {str(code): outcome for outcome, codes in _CODES.items() for code in codes}


def outcome_of_code(code: str) -> SendOutcome | None:
    """What the code means, None where we do not know it."""
    return _OUTCOMES.get(code)

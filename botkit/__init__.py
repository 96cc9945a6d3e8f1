"""botkit: an open, self-hosted conversational platform; the one name that extensions import."""

__version__ = "0.1.0"

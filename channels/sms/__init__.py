"""Text messages: one file per way to a provider, and how a text is cut into parts."""

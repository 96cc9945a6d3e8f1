"""The nouns that move through botkit, as plain data: no I/O, no clock, no randomness."""

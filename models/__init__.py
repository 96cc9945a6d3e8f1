"""The nouns that move through botkit, as plain data: no I/O, no clock, no randomness.

Those that are made for each message say `gc=False`: they hold plain data and never each other in a circle,
so the collector of circles need not walk them.
"""

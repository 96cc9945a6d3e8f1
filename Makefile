# The targets, their arguments and the work are in botkit/dev.py, which also runs without make.
PYTHON ?= python3
DEV = @$(PYTHON) botkit/dev.py

.DEFAULT_GOAL := help
.PHONY: run test lint bench bench-nlp help

run test lint bench bench-nlp:
	$(DEV) $@ $(ARGS)

help:
	$(DEV) help

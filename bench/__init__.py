"""Bench: how fast and how small botkit is, in figures that are ratios of one run, never a timed test."""

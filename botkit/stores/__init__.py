"""Stores: where what must not be lost is kept."""

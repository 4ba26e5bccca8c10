"""Checks of a specification: its keys, what fits together, what has no effect, what runs."""

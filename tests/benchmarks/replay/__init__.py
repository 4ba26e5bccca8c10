"""Searches replayed over recorded trainings, to compare methods without training."""

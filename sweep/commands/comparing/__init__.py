"""Commands that compare runs: effects, claims, compare."""

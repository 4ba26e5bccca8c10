"""Checkpoint files: where they lie, their seal, what must be in them."""

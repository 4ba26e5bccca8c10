"""The life of a trial for its driver: its phases, and how often its process has died."""

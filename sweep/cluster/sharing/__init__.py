"""How many trials of a sweep run at once, and how the sweeps on one cluster share it."""

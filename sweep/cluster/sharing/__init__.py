"""How the sweeps on one cluster share it."""

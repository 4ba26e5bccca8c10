"""The runs of sweeps as tidy tables."""

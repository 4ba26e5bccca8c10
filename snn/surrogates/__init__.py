"""Derivatives that stand in for that of a spike."""

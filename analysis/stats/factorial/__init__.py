"""Factors that were crossed with each other: main effects, and how they depend on each other."""

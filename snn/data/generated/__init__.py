"""Data sets that are made by a formula and need no files."""

"""Writes tables of the page of results, and its CSV files and figures, from the committed runs.

    python -m tests.results

Into `analysis/results/`; the tables of the page stand between comments. A test fails when they are
not what this writes.
"""

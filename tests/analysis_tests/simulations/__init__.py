"""Data with known truths: how often do intervals cover them, tests err, and plans decide?

`python -m tests.analysis_tests.simulations` tries each case 500 times and prints the tables of the
page `analysis/README.md`; CI tries fewer (`test_simulations.py`).
"""

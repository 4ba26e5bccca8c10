"""Damaged inputs, given to the real command line: each is refused in a line, or still valid.

    python -m tests.fuzzing --count 5000 --seed 0

A module for each kind of input makes the damage; `case` says what must hold for all of them.
Children run the cases: one that crashes is a finding, and does not end the others.
"""

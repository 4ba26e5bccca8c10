"""The commands, grouped by purpose; each module registers its own.

Nothing heavy is imported before a command runs, so `--help` and errors of typing are quick.
"""

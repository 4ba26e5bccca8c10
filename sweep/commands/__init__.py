"""The commands, by what they are for; each module registers its own.

Nothing heavy is imported before a command runs: `--help` and a typing mistake are answered at once.
"""

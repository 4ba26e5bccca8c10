"""This process on its machine: environment, terminal, signals, locks, folders."""

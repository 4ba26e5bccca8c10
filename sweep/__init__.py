"""Sweeps: specification, search, trials on Ray, logging to MLflow, command line."""

"""Logging to MLflow: events are noted on disk first, then delivered once."""

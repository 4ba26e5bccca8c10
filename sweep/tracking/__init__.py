"""From what happens to MLflow: notes on disk first, then delivered, once."""

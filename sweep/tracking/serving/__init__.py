"""A trained network for others: put into MLflow's model registry, and served from there."""

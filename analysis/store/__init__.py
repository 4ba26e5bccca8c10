"""An MLflow store, opened for reading."""

"""What a user sees of a sweep in MLflow: names, descriptions, data sets, a prepared view."""

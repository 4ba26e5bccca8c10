"""Accuracies of configurations, by what they are and by what they cost."""

"""What a user sees of a sweep while it runs."""

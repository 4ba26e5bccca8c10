"""What changes with a factor, and which params matter."""

"""What made the runs: the launches, and their specifications."""

"""What made the runs: the launches, their specifications and the limits in them."""

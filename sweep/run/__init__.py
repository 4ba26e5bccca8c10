"""A launch, from its start to its result."""

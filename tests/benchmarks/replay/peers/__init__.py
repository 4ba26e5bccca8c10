"""The tools that ours is compared with."""

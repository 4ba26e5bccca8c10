"""The search space: parameters, points, and how they are written."""

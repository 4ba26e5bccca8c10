"""The statistics of comparisons: intervals, pairs, effects, equivalence, importance."""

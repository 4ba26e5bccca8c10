"""What of the differences is chance: that of configurations, of shared seeds, of lopsided tails."""

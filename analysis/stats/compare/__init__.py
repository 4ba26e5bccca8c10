"""Other views of a comparison: how often better, robust means, profiles, posteriors, budgets."""

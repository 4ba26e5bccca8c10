"""How many runs decide a question, and how often."""

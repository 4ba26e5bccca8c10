"""How the runs came about: whether they are an experiment, and in how many stages it was made."""

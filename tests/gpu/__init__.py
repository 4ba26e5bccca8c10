"""The proof on a real GPU that the compiled code is right, and how fast it is."""

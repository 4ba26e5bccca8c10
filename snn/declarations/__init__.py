"""What a file of components declares, and how a user's file is read. Imports no torch."""

"""The dry run: what a sweep will do, and how long it will take."""

"""The published study as data, with its claims, and our runs beside it."""

"""Text for people: words, numbers, tables, addresses."""

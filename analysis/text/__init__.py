"""Words, numbers and files: what is written for people."""

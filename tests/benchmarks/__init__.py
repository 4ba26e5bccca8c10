"""How fast training is, beside the libraries that one would pick instead: `make bench`."""

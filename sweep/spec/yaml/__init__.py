"""YAML 1.2, and plain values of Python in its place."""

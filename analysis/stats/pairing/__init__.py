"""Runs that differ in one factor only: the factors, the pairs, and how they are found."""

"""Runs as one Parquet file: written, checked, moved between stores."""

"""The services of compose.yaml as processes of this machine, without Docker (Linux only)."""

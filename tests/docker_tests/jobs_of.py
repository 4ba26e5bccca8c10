"""What the head of a cluster knows of its jobs."""

from __future__ import annotations

from pathlib import Path

from native.services import Services

from tests.docker_tests.test_failures import ask_ray


def job_status(services: Services, job: str) -> str:
    """PENDING, RUNNING, SUCCEEDED, FAILED or STOPPED."""
    return str(ask_ray(services, f"/api/jobs/{job}")["status"])


def pid_of_driver(services: Services) -> int:
    """The process that runs a sweep."""
    for pid in services["head"].processes():
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if any(word.endswith(b"spikesweep") for word in words) and b"run" in words:
            return pid
    raise AssertionError("no driver runs")

"""In which order and in which of the two processes tests run.

The longest files come first: one that begins last makes the other process wait for it. Files stay
together that need the same costly thing, which each process would start for itself: the services of
docker/, an MLflow server, a process with all libraries that others are forked from.
"""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

LONGEST_FIRST = (
    "tests/docker_tests/",
    "tests/sweep_tests/cluster/",
    "tests/sweep_tests/trial/",
    "tests/sweep_tests/",
    "tests/contracts/",
    "tests/fuzzing/",
    "tests/snn_tests/kernels/",
    "tests/analysis_tests/report/",
)
TOGETHER = {
    "services": [
        f"tests/docker_tests/test_{name}.py" for name in ("failures", "security", "storm", "sweep")
    ],
    "MLflow server": [
        "tests/sweep_tests/commands/test_secrets.py",
        "tests/sweep_tests/tracking/test_delivery.py",
    ],
    "forked": [
        "tests/sweep_tests/run/test_crowd.py",
        "tests/sweep_tests/tracking/test_schema.py",
    ],
}


def place_of(nodeid: str) -> int:
    """The place of a test's folder in the order; those that have none come last."""
    found = (n for n, folder in enumerate(LONGEST_FIRST) if nodeid.startswith(folder))
    return next(found, len(LONGEST_FIRST))


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]
    """Files in the order in which their tests were collected, and not by the number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((name for name, files in TOGETHER.items() if file in files), file)

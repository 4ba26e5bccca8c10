"""The calls that the benchmark of the analysis measures find what the store was filled with."""

from __future__ import annotations

import pytest

from tests.benchmarks.analysis_calls import CALLS, Clock
from tests.benchmarks.bulk_store import Size, fill, sweeps_in


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = f"sqlite:///{tmp_path_factory.mktemp('store') / 'mlflow.db'}"
    assert sweeps_in(uri) == []
    assert fill(uri, Size(runs=16, epochs=4, sweeps=2)) == sweeps_in(uri)
    return uri


@pytest.mark.parametrize(
    ("call", "found"),
    {
        "load_runs": "16 runs",
        "load_runs, load_history": "16 runs, 56 epochs",  # a quarter stops half-way
        "list_sweeps": "2 sweeps",
        "summarise": "12 configurations",
        "report": "2 sweeps, a page of ",
        "export_runs": "18 runs, 0.",
        "import_runs": "18 runs",
        "load_runs, load_history from a file": "16 runs, 56 epochs",
    }.items(),
)
def test_a_call_does_what_it_says_and_is_timed(store: str, call: str, found: str) -> None:
    clock = Clock()
    assert CALLS[call](store, sweeps_in(store), clock).startswith(found)
    assert clock.wall_s > 0

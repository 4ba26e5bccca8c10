"""One call of the analysis, measured in a process that has done nothing else.

    python -m tests.benchmarks.analysis_calls CALL STORE SWEEP…

prints what it found, its seconds, and the peak memory of the process.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from unittest.mock import patch

_CURVE = ("val_accuracy",)


class Clock:
    """Seconds of a deed, its imports among them: on the wall, and of this process's processors."""

    wall_s = cpu_s = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        yield
        self.wall_s, self.cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s


Call = Callable[[str, Sequence[str], Clock], str]


def load_runs(uri: str, names: Sequence[str], clock: Clock) -> str:
    with clock.running():
        import analysis

        return f"{len(analysis.load_runs(names, uri)):,} runs"


def load_curves(uri: str, names: Sequence[str], clock: Clock) -> str:
    with clock.running():
        import analysis

        ids = analysis.load_runs(names, uri)["run_id"]
        curves = analysis.load_history(names, _CURVE, run_ids=ids, tracking_uri=uri)
        return f"{len(ids):,} runs, {len(curves):,} epochs"


def list_sweeps(uri: str, names: Sequence[str], clock: Clock) -> str:
    with clock.running():
        import analysis

        return f"{len(analysis.list_sweeps(uri))} sweeps"


def summarise(uri: str, names: Sequence[str], clock: Clock) -> str:
    import analysis

    runs = analysis.load_runs(names, uri)
    with clock.running():
        return f"{len(analysis.summarise(runs)):,} configurations"


def export_runs(uri: str, names: Sequence[str], clock: Clock) -> str:
    with _file() as path, clock.running():
        import analysis

        done = analysis.export_runs(names, path, tracking_uri=uri)
        return f"{done.runs:,} runs, {Path(path).stat().st_size / 1e6:.2f} MB"


def curves_of_file(uri: str, names: Sequence[str], clock: Clock) -> str:
    import analysis

    with _file() as path:
        analysis.export_runs(names, path, tracking_uri=uri)
        return load_curves("", [path], clock)


def import_runs(uri: str, names: Sequence[str], clock: Clock) -> str:
    from mlflow.tracking import MlflowClient

    import analysis
    from analysis.run_files.format import RunFile
    from analysis.store.schema import MLFLOW, prepare

    with _file() as path:
        analysis.export_runs(names, path, tracking_uri=uri)
        client = MlflowClient(f"sqlite:///{Path(path).parent}/mlflow.db")
        prepare(client.tracking_uri, MLFLOW)
        client.search_experiments()
        with clock.running():
            return f"{analysis.import_runs(RunFile(path), client).made:,} runs"


def report(uri: str, names: Sequence[str], clock: Clock) -> str:
    store = patch.dict(os.environ, MLFLOW_TRACKING_URI=uri)
    with _file() as path, store, redirect_stdout(io.StringIO()), clock.running():
        from sweep.cli import run

        folder = Path(path).parent
        assert run(["report", *names, "--output", str(folder), "--no-log"]) == 0
        page = folder / "report.html"
        return f"{len(names)} sweeps, a page of {page.stat().st_size / 1e6:.1f} MB"


CALLS: Mapping[str, Call] = {
    "load_runs": load_runs,
    "load_runs, load_history": load_curves,
    "list_sweeps": list_sweeps,
    "summarise": summarise,
    "report": report,
    "export_runs": export_runs,
    "import_runs": import_runs,
    "load_runs, load_history from a file": curves_of_file,
}


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder) / "runs.parquet")


def _peak_mib() -> float:
    """Of this process, as Linux counts it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _main(call: str, uri: str, *names: str) -> None:
    clock = Clock()
    what = CALLS[call](uri, names, clock)
    result = {"what": what, "wall_s": clock.wall_s, "cpu_s": clock.cpu_s, "mib": _peak_mib()}
    print(json.dumps(result))


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""What the analysis of many runs costs: time and peak memory.

    python -m tests.benchmarks.analysis [--folder FOLDER] [--store URL] [--runs N] [--epochs N]

Makes a store of 10,000 runs of 30 epochs (SQLite: 750 MB, a minute) or fills an empty database
(`--store postgresql+psycopg://…`), reads it as a table and a figure of learning curves do, writes
the report on it, and exports and imports 300 runs of 20 epochs. Stores in a `--folder` are kept,
and used again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sweep.tracking.store import quiet_mlflow
from tests.benchmarks import analysis_calls
from tests.benchmarks.bulk_store import Size, fill, sweeps_in
from tests.benchmarks.report import Table

_OF_MANY = ("load_runs", "load_runs, load_history", "list_sweeps", "summarise", "report")
_OF_FEW = ("export_runs", "import_runs", "load_runs, load_history from a file")


def measure(uri: str, size: Size, calls: Sequence[str]) -> Table:
    """Each call in a process of its own; a store that holds sweeps is taken as it is."""
    names = sweeps_in(uri) or fill(uri, size)
    rows, data = [], {}
    for call in calls:
        print(f"measuring: {call}", file=sys.stderr, flush=True)
        command = [sys.executable, "-W", "ignore", "-m", analysis_calls.__name__, call, uri, *names]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        numbers = [f"{found['wall_s']:.1f}", f"{found['cpu_s']:.1f}", f"{found['mib']:,.0f}"]
        rows.append([call, found["what"], *numbers])
        data[call] = found
    title = f"{size.runs:,} runs of {size.epochs} epochs in {uri.partition(':')[0]}"
    return Table(title, ["", "of", "seconds", "of CPU", "peak MiB"], rows, "", data)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.analysis")
    parser.add_argument("--folder", type=Path, help="where stores are kept")
    parser.add_argument("--store", help="of many runs, instead of SQLite in the folder")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=30)
    given = parser.parse_args(arguments)
    quiet_mlflow()
    with _folder(given.folder) as folder:
        many = Size(given.runs, given.epochs, sweeps=4)
        store = given.store or f"sqlite:///{folder}/{many.runs}x{many.epochs}.db"
        print(measure(store, many, _OF_MANY).markdown(), flush=True)
        few = Size(min(300, given.runs), min(20, given.epochs))
        store = f"sqlite:///{folder}/{few.runs}x{few.epochs}-few.db"
        print(measure(store, few, _OF_FEW).markdown(), flush=True)
    return 0


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.absolute()
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())

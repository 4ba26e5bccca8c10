"""Run the benchmark: `make bench`, or `python -m tests.benchmarks --help`."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.contender import PEERS, installed
from tests.benchmarks.epochs import epochs
from tests.benchmarks.events import events
from tests.benchmarks.memory import memory
from tests.benchmarks.report import Table, machine
from tests.benchmarks.roofline import roofline
from tests.benchmarks.scaling import scaling
from tests.benchmarks.settings import Settings
from tests.benchmarks.steps import inference, training

SECTIONS: dict[str, Callable[[Settings], list[Table]]] = {
    "training": training,
    "inference": inference,
    "epoch": epochs,
    "memory": memory,
    "scaling": scaling,
    "roofline": roofline,
    "events": events,
}


def _sections(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SECTIONS)}")
    return names


def main(arguments: list[str] | None = None) -> int:
    """Print the tables and write the numbers."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Speed and memory beside other libraries."
    )
    parser.add_argument(
        "--sections", type=_sections, default=list(SECTIONS), help=f"some of {','.join(SECTIONS)}"
    )
    parser.add_argument("--repeats", type=int, default=9, help="samples of every call (9)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"), metavar="FILE")
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # of the other libraries
    for name, (package, _) in PEERS.items():
        if name not in installed():
            print(f"{name} is not installed ({package}); make bench installs it", file=sys.stderr)
    settings = Settings(3 if given.quick else given.repeats, given.quick, given.device)
    facts = machine(given.device)
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    print(f"{facts['processor']}, {facts['threads']} threads; {versions}\n", flush=True)
    results = {}
    for name in given.sections:
        tables = SECTIONS[name](settings)
        for table in tables:
            print(table.markdown(), flush=True)
        results[name] = {table.title: table.data for table in tables}
        given.json.write_text(json.dumps({"machine": facts, "results": results}, indent=1))
    print(f"numbers in {given.json}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a run of the benchmark says: Markdown for people, JSON for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import torch

from tests.benchmarks.contender import PEERS


class Table(NamedTuple):
    """One result.

    Attributes:
        title: Its heading.
        columns: Names.
        rows: Cells as they are printed; the first of a row names it.
        note: How to read it.
        data: The numbers behind the cells.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str
    data: Mapping[str, Any]

    def markdown(self) -> str:
        lines = [self.columns, ["---", *["--:"] * (len(self.columns) - 1)], *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"### {self.title}\n\n{table}\n\n{self.note}\n".rstrip() + "\n"


def machine(device: str) -> dict[str, Any]:
    """Where the numbers come from."""
    packages = ["torch", "numba", *(package for package, _ in PEERS.values())]
    facts: dict[str, Any] = {
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "versions": {name: found for name in packages if (found := _version(name))},
    }
    return facts | ({"gpu": torch.cuda.get_device_name()} if device == "cuda" else {})


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""

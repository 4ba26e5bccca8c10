"""Prove the GPU code on a GPU: `python -m tests.gpu --help`. It needs a GPU, and no network.

Every part stands alone: one that fails is told in the end, and the others are still done. The
tables are printed in the end and written to a file.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from tests.benchmarks.report import Table, machine
from tests.gpu.exactness import exactness
from tests.gpu.kernels import kernels
from tests.gpu.kinds import kinds
from tests.gpu.launches import launches
from tests.gpu.packing import packing
from tests.gpu.speed import growth, memory, speed
from tests.gpu.training import epochs, graphs

PARTS: dict[str, Callable[[], Table]] = {
    "graphs": graphs,
    "speed": speed,
    "epochs": epochs,
    "packing": packing,
    "launches": launches,
    "kernels": kernels,
    "growth": growth,
    "kinds": kinds,
    "memory": memory,
    "exactness": exactness,
}


def main(arguments: list[str] | None = None) -> int:
    """Do all parts; the exit code is 1 if one fails, or if there is no GPU."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu", description="Proof on a GPU.")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=Path("gpu.md"), metavar="FILE")
    given = parser.parse_args(arguments)
    names = given.parts.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"--parts: {unknown[0]!r} is none of {', '.join(PARTS)}")
    if not torch.cuda.is_available():
        print("there is no GPU here; the same code runs in Triton's interpreter in the tests")
        return 1
    warnings.simplefilter("ignore")  # of the other libraries
    text, failed = [_head()], []
    for name in names:
        started = time.perf_counter()
        try:
            text.append(PARTS[name]().markdown())
        except Exception as error:  # one part must not lose the others
            traceback.print_exc()
            failed.append(name)
            text.append(f"### {name}\n\nfailed: {type(error).__name__}: {error}\n")
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        given.out.write_text("\n".join(text))
    print("\n".join(text))
    print(f"failed: {', '.join(failed)}" if failed else f"all parts done; also in {given.out}")
    return 1 if failed else 0


def _head() -> str:
    facts = machine("cuda")
    import triton

    return (
        f"{facts['gpu']}; torch {torch.__version__}, Triton {triton.__version__}, "
        f"Python {facts['python']}; {facts['cpus']} CPUs\n"
    )


if __name__ == "__main__":
    sys.exit(main())

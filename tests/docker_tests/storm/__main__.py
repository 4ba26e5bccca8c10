"""The command: see `--help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.docker_tests import storm as package
from tests.docker_tests.chaos import DATA, SMALL, undisturbed
from tests.docker_tests.storm.storms import LARGE, storm


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.docker_tests.storm",
        description=(package.__doc__ or "").splitlines()[0],
    )
    parser.add_argument("--small", action="store_true", help="as the tests do: 8 trials")
    parser.add_argument("--data", choices=list(DATA), default="images", help="what it runs on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="a storm for each")
    parser.add_argument("--load", type=int, default=4, help="busy loops beside it")
    parser.add_argument("--blows", nargs="*", default=[], help="only these [default: all]")
    parser.add_argument("--folder", type=Path, help="an empty one [default: a temporary one]")
    given = parser.parse_args()
    size = (SMALL if given.small else LARGE).on(given.data)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="storm-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    expected = undisturbed(folder / "peace", size)
    for seed in given.seeds:
        began = time.monotonic()
        storm(folder / f"storm-{seed}", size, expected, seed, given.load, tuple(given.blows))
        seconds = time.monotonic() - began
        print(f"storm {seed}: {size.trials} trials, all done, once, equal; {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

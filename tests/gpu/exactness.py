"""Spikes and gradients on the GPU against the reference's and the golden vectors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests import golden
from tests.benchmarks.report import Table

TESTS = (
    "tests/contracts/test_kernels.py",
    "tests/snn_tests/kernels/test_gpu.py",
    "tests/snn_tests/kernels/test_adam.py",
)
GOLDEN = Path(__file__).parent.parent / "data" / "published_public.npz"
MOST_SECONDS = 200


def exactness() -> Table:
    """The contract of a backend and the golden vectors, with tensors on the GPU.

    Raises:
        AssertionError: A test or a vector fails.
    """
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "12",
        "-k",
        "(cuda or adam or wide) and not compiles",
        *TESTS,
    ]
    command += ["-p", "no:cacheprovider", "--import-mode=importlib"]
    command += ["-o", "addopts=", "-o", "filterwarnings=default"]
    started = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    vectors = golden.main(str(GOLDEN), "cuda")
    out, _ = started.communicate(timeout=MOST_SECONDS)
    print(out[-3000:], flush=True)
    last = out.strip().splitlines()[-1]
    assert started.returncode == 0, last
    assert vectors == 0, "golden vectors fail on the GPU"
    passed = re.findall(r"(\d+) passed", last)
    return Table(
        "Exactness on the GPU",
        ["", "result"],
        [
            [
                "random and wide networks against the reference, Adam against torch's",
                f"{passed[0]} passed",
            ],
            ["golden vectors of the published model", "all passed"],
        ],
        "Spikes equal, gradients to 1e-4 of their largest entry.",
        {},
    )

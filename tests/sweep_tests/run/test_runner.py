"""What is refused before Ray starts."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.cluster.connection import require_answer
from sweep.errors import SweepError

RUN = [sys.executable, "-m", "sweep.cli", "run", "quickstart", "--set", "dataset=./none.npz"]


def test_data_that_are_not_there_are_refused_before_ray_starts(tmp_path: Path) -> None:
    done = subprocess.run(RUN, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    first, mistake = done.stderr.splitlines()
    assert first == "quickstart: 20 configurations × 1 seed"
    assert mistake == f"spikesweep: none.npz: no such file or folder (in {tmp_path})"


def test_a_cluster_where_nobody_answers_is_refused_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # bound, and nobody listens
        with pytest.raises(SweepError, match=rf"Ray at 127\.0\.0\.1:{port} cannot be used: Conn"):
            require_answer(f"127.0.0.1:{port}")
        free.listen()
        require_answer(f"127.0.0.1:{port}")
    for elsewhere in ("local", "auto", "ray://127.0.0.1:1"):
        require_answer(elsewhere)  # Ray's to judge

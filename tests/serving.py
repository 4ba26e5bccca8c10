"""A registered model behind MLflow's own server, and questions to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.sweep_tests.workplace import answers, wait_until


@contextlib.contextmanager
def served(model: str, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The address at which `mlflow models serve` answers while the block runs.

    Args:
        model: Such as `models:/digits/1`.
        folder: Where the server runs and has its log.
        environment: Of the server; knows the tracking store.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model]
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--env-manager", "local", "--port", str(port)],
            cwd=folder,
            env={**environment, "PATH": path},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{address}/ping") or server.poll() is not None)
        assert server.poll() is None, (folder / "serve.log").read_text()
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def ask(address: str, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Class probabilities (B, C) of images (B, N)."""
    request = urllib.request.Request(
        f"{address}/invocations",
        json.dumps({"inputs": images.tolist()}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=100) as reply:
        return np.array(json.load(reply)["predictions"])

"""A real MLflow server for all tests that need one with tables of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.sweep_tests.workplace import answers, wait_until


def free_port() -> int:
    """A port that is free, and stays so: the kernel gives others none of so small a number."""
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


@contextmanager
def mlflow_server(folder: Path) -> Iterator[int]:
    """Run an MLflow server with its tables and artifacts in a folder; its port."""
    port = free_port()
    arguments = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--workers", "1"]
    arguments += ["--artifacts-destination", str(folder / "artifacts"), "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *arguments],
            cwd=folder,
            env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"))
        yield port
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)

"""What this machine has: its environment, Postgres's programs, free ports."""

from __future__ import annotations

import os
import random
import shutil
import socket
import sys
from pathlib import Path

_OURS = ("PG", "RAY_", "MLFLOW_", "SPIKESWEEP_", "OPTUNA_")
# Below the ports that Linux gives to connections, so that nobody takes one while its service is
# down; above those that Ray gives to its workers.
_PORTS = range(20_000, 32_000)


def clean_environment() -> dict[str, str]:
    """The caller's environment without settings for any service, with this Python's programs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"}


def postgres_programs() -> Path:
    """The folder of Postgres's programs; Debian does not put it on the PATH.

    Raises:
        FileNotFoundError: Postgres is not installed.
    """
    on_path = shutil.which("initdb")
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path:
        found.append(Path(on_path).resolve())
    if not found:
        raise FileNotFoundError("Postgres is not installed: apt-get install postgresql")
    return max(found, key=lambda path: path.stat().st_mtime).parent


def free_ports(count: int) -> list[int]:
    """Ports that nothing on this machine listens on."""
    free: set[int] = set()
    while len(free) < count:
        port = random.choice(_PORTS)
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("", port))
            except OSError:
                continue
        free.add(port)
    return list(free)

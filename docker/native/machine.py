"""What this machine has: programs, free ports, answers to HTTP requests."""

from __future__ import annotations

import os
import random
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
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
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[4])
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise FileNotFoundError("Postgres is not installed: apt-get install postgresql")
    return found[-1].parent if found else Path(on_path or "").resolve().parent


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


def status_of(url: str, headers: Mapping[str, str] = {}, timeout_s: float = 5) -> int:
    """HTTP status of a GET request; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=dict(headers)), timeout=timeout_s
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0

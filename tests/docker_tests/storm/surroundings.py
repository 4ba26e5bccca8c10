"""What is around the sweep: servers, a small disk, other work."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from native import recipes
from native.postgres import create_databases, postgres
from native.service import Service
from native.site import Site

_DISK_BYTES = 200_000_000


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Site, dict[str, Service]]]:
    """Postgres and the MLflow server of `docker/`, started for real."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="storm-") as short:
        site = Site.in_folder(folder, None, Path(short) / "r")
        found = {"postgres": postgres(site), "mlflow": recipes.mlflow(site)}
        try:
            found["postgres"].start()
            create_databases(site)
            found["mlflow"].start()
            yield site, found
        finally:
            for service in reversed(found.values()):
                service.stop()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, if this user may mount one; else a folder."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Processes that take all the time of a processor that they get."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()

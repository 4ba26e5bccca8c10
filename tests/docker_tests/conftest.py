"""The services of docker/, started for real, once for all tests of this folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from native.machine import postgres_programs
from native.services import Services


@pytest.fixture(scope="session")
def servers_installed() -> None:
    """Postgres and Redis are there; else tests fail in CI, and are skipped elsewhere."""
    try:
        postgres_programs()
        missing = "" if shutil.which("redis-server") else "Redis is not installed"
    except FileNotFoundError as error:
        missing = str(error)
    assert not (missing and os.environ.get("CI")), missing
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="package")
def open_folder() -> Iterator[Path]:
    """A folder that Postgres's user can enter, unlike pytest's own when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="spikesweep-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="package")
def services(servers_installed: None, open_folder: Path) -> Iterator[Services]:
    """All of them; at the end, none of their processes is left."""
    with Services(open_folder / "services", with_redis=True) as running:
        yield running
    assert [service.name for service in running if service.running or service.processes()] == []
    assert not (open_folder / "services" / "postgres" / "postmaster.pid").exists()

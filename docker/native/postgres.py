"""Postgres of our own: its folder, its process, the databases in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from native.machine import clean_environment, postgres_programs
from native.service import Service, ServiceError
from native.site import LOOPBACK, Site

_OPTIONS = {"listen_addresses": LOOPBACK, "unix_socket_directories": ""}
_CREATE_DATABASES = Path(__file__).parent.parent / "services" / "create-databases"


def postgres(site: Site) -> Service:
    """The server; its folder is made at the first time.

    Raises:
        FileNotFoundError: Postgres is not installed.
        ServiceError: The folder cannot be made.
    """
    programs, port = postgres_programs(), str(site.ports["postgres"])
    folder = site.folder / "postgres"
    if not (folder / "PG_VERSION").exists():
        _make_folder(folder, programs, site.secrets["postgres"])
    is_ready = [f"{programs}/pg_isready", "-q", "-h", LOOPBACK, "-p", port]
    return Service(
        "postgres",
        command=[
            *(programs / "postgres", "-D", folder, "-p", port),
            *(f"--{name}={value}" for name, value in _OPTIONS.items()),
        ],
        environment=clean_environment(),
        log=site.folder / "logs" / "postgres.log",
        ready=lambda: subprocess.run(is_ready).returncode == 0,
        stop_signal=signal.SIGINT,  # ends the connections; SIGTERM waits for their ends
        user=_user(),
    )


def create_databases(site: Site) -> None:
    """What the services need in a server that is running."""
    environment = site.libpq("postgres", "postgres") | {
        "MLFLOW_DB_PASSWORD": site.secrets["mlflow_db"],
        "OPTUNA_DB_PASSWORD": site.secrets["optuna_db"],
    }
    _run([_CREATE_DATABASES], environment)


def _user() -> str | None:
    """Postgres refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None


def _make_folder(folder: Path, programs: Path, password: str) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    password_file = folder.with_name("password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if user := _user():
        shutil.chown(folder, user)
        shutil.chown(password_file, user)
    options = [f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8"]
    try:
        options += ["--no-locale", "--username=postgres", f"--pgdata={folder}"]
        _run([programs / "initdb", *options], {}, user)
    finally:
        password_file.unlink()


def _run(command: list[str | Path], environment: dict[str, str], user: str | None = None) -> None:
    """Run a command to its end."""
    done = subprocess.run(
        command,
        env=clean_environment() | environment,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        cwd="/",
    )
    if done.returncode:
        raise ServiceError(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")

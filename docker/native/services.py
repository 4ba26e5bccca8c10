"""Postgres, the MLflow server, a Ray head and workers: what compose.yaml has, on this machine.

Each Ray node is a machine of its own to Ray: it has its own address on loopback, its own folder and
its own processes, so that killing them is the death of that machine and of no other.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from native.machine import clean_environment, free_ports, postgres_programs, status_of
from native.service import Service, ServiceError

SCRIPTS = Path(__file__).parent.parent / "services"
_SECRETS = ("postgres", "mlflow_db", "optuna_db", "mlflow_admin", "mlflow_key", "ray_token")
_OBJECT_STORE_BYTES = 200_000_000
_HEAD, _LOOPBACK = "127.0.0.2", "127.0.0.1"


class Services:
    """All services with what they keep in one folder; a context that stops what it started.

    The services by name are in `services`: postgres, mlflow, head, worker-1, worker-2, … Each can
    be started, stopped, killed and restarted alone; ports and secrets stay.

    Args:
        folder: Kept between starts: databases, artifacts, checkpoints, secrets, logs.
        workers: Number of Ray workers to start with.
        cpus: Processors of each worker, as Ray counts them.
        data: Folder of the data sets.

    Raises:
        FileNotFoundError: Postgres is not installed.
    """

    def __init__(
        self, folder: Path, workers: int = 2, cpus: int = 1, data: Path | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.data = data or Path(os.environ.get("SPIKESWEEP_DATA") or "data").absolute()
        self.services: dict[str, Service] = {}
        self._workers, self._cpus = workers, cpus
        self._programs = postgres_programs()
        self._as_user = "postgres" if os.geteuid() == 0 else None  # Postgres refuses to be root
        for name in ("logs", "ray", "artifacts", "storage"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._secrets = _kept_secrets(self.folder / "secrets.json")
        self._postgres_port, self._mlflow_port, self._gcs_port, self._jobs_port = free_ports(4)

    def __enter__(self) -> Self:
        # Sockets have names of at most 107 characters, and Ray's begin with its folder.
        self._short = Path(tempfile.mkdtemp(prefix="spikesweep-"))
        (self._short / "r").symlink_to(self.folder / "ray")
        try:
            self._start_all()
        except BaseException:
            self._stop_all()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_all()

    def __getitem__(self, name: str) -> Service:
        return self.services[name]

    @property
    def jobs_url(self) -> str:
        """Of Ray's Job API and dashboard."""
        return f"http://{_LOOPBACK}:{self._jobs_port}"

    @property
    def ray_address(self) -> str:
        """Where Ray's nodes and clients connect."""
        return f"{_HEAD}:{self._gcs_port}"

    @property
    def mlflow_url(self) -> str:
        """Of the MLflow server."""
        return f"http://{_LOOPBACK}:{self._mlflow_port}"

    @property
    def client_environment(self) -> dict[str, str]:
        """The environment that a user of these services has, token and passwords included."""
        password = self._secrets["optuna_db"]
        return clean_environment() | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": self._secrets["ray_token"],
            "MLFLOW_TRACKING_URI": self.mlflow_url,
            "MLFLOW_TRACKING_USERNAME": "admin",
            "MLFLOW_TRACKING_PASSWORD": self._secrets["mlflow_admin"],
            "SPIKESWEEP_OPTUNA": (
                f"postgresql://optuna:{password}@{_LOOPBACK}:{self._postgres_port}/optuna"
            ),
            "SPIKESWEEP_STORAGE": str(self.folder / "storage"),
            "SPIKESWEEP_DATA": str(self.data),
        }

    def add_worker(self) -> Service:
        """Start one more Ray worker, on an address that no earlier one had."""
        number = 1 + sum(name.startswith("worker-") for name in self.services)
        address = f"127.0.0.{2 + number}"
        (agent_port,) = free_ports(1)
        worker = self._service(
            f"worker-{number}",
            [SCRIPTS / "ray-worker", *self._node_options(address, agent_port)],
            RAY_HEAD_ADDRESS=self.ray_address,
            RAY_WORKER_CPUS=str(self._cpus),
            **self.client_environment,
        )
        healthy = f"http://{address}:{agent_port}/api/local_raylet_healthz"
        worker.ready = lambda: status_of(healthy) == 200
        worker.start()
        return worker

    def _start_all(self) -> None:
        self._start_postgres()
        self._start_mlflow()
        self._start_head()
        for _ in range(self._workers):
            self.add_worker()

    def _stop_all(self) -> None:
        """Stop in the opposite order: what is used outlives what uses it."""
        # A second Ctrl-C would leave processes behind.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if _in_main_thread() else None
        try:
            for service in reversed(self.services.values()):
                service.stop()
            shutil.rmtree(self._short)
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)

    def _start_postgres(self) -> None:
        data, port = self.folder / "postgres", str(self._postgres_port)
        if not (data / "PG_VERSION").exists():
            self._make_database_folder(data)
        options = {"listen_addresses": _LOOPBACK, "port": port, "unix_socket_directories": ""}
        postgres = self._service(
            "postgres",
            [
                *(self._programs / "postgres", "-D", data),
                *(f"--{name}={value}" for name, value in options.items()),
            ],
            **clean_environment(),
        )
        is_ready = [f"{self._programs}/pg_isready", "-q", "-h", _LOOPBACK, "-p", port]
        postgres.ready = lambda: subprocess.run(is_ready).returncode == 0
        postgres.stop_signal = signal.SIGINT  # ends connections; SIGTERM waits for them
        postgres.user = self._as_user
        postgres.start()
        self._run(
            SCRIPTS / "create-databases",
            **self._libpq("postgres", "postgres"),
            MLFLOW_DB_PASSWORD=self._secrets["mlflow_db"],
            OPTUNA_DB_PASSWORD=self._secrets["optuna_db"],
        )

    def _make_database_folder(self, data: Path) -> None:
        data.mkdir(mode=0o700, exist_ok=True)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(self._secrets["postgres"])
        if self._as_user:
            shutil.chown(data, self._as_user)
            shutil.chown(password, self._as_user)
        self._run(
            self._programs / "initdb",
            *("-D", str(data), "-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8"),
            *("--no-locale", f"--pwfile={password}"),
            user=self._as_user,
        )
        password.unlink()

    def _start_mlflow(self) -> None:
        mlflow = self._service(
            "mlflow",
            [SCRIPTS / "mlflow-server"],
            **clean_environment() | self._libpq("mlflow", "mlflow_db"),
            MLFLOW_AUTH_ADMIN_USERNAME="admin",
            MLFLOW_AUTH_ADMIN_PASSWORD=self._secrets["mlflow_admin"],
            MLFLOW_FLASK_SERVER_SECRET_KEY=self._secrets["mlflow_key"],
            MLFLOW_ARTIFACTS_DESTINATION=str(self.folder / "artifacts"),
            MLFLOW_SERVER_ALLOWED_HOSTS=f"{_LOOPBACK}:{self._mlflow_port}",
            MLFLOW_PORT=str(self._mlflow_port),
            MLFLOW_WORKERS="1",
        )
        mlflow.ready = lambda: status_of(f"{self.mlflow_url}/health") == 200
        mlflow.start()

    def _start_head(self) -> None:
        agent_port, client_port = free_ports(2)
        options = [*self._node_options(_HEAD, agent_port), "--ray-client-server-port"]
        head = self._service(
            "head",
            [SCRIPTS / "ray-head", *options, str(client_port)],
            RAY_HEAD_PORT=str(self._gcs_port),
            RAY_DASHBOARD_PORT=str(self._jobs_port),
            **self.client_environment,
        )
        token = {"Authorization": f"Bearer {self._secrets['ray_token']}"}
        head.ready = lambda: status_of(f"{self.jobs_url}/api/jobs/", token) == 200
        head.start()

    def _node_options(self, address: str, agent_port: int) -> list[str]:
        """What distinguishes Ray's nodes when they share a machine."""
        folder = self._short / "r" / address.rpartition(".")[2]
        return [
            *("--node-ip-address", address, "--temp-dir", str(folder)),
            *("--dashboard-agent-listen-port", str(agent_port)),
            *("--min-worker-port", "0", "--max-worker-port", "0"),  # any that is free
            *("--object-store-memory", str(_OBJECT_STORE_BYTES)),
        ]

    def _libpq(self, user: str, secret: str) -> dict[str, str]:
        address = {"PGHOST": _LOOPBACK, "PGPORT": str(self._postgres_port)}
        return address | {"PGUSER": user, "PGPASSWORD": self._secrets[secret]}

    def _service(self, name: str, command: Sequence[str | Path], **environment: str) -> Service:
        log = self.folder / "logs" / f"{name}.log"
        service = Service(name, command, environment, log, ready=lambda: True)
        self.services[name] = service
        return service

    def _run(self, program: Path, *arguments: str, user: str | None = None, **more: str) -> None:
        """Run a command to its end."""
        done = subprocess.run(
            [program, *arguments],
            env=clean_environment() | more,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ServiceError(f"{program.name}: {done.stderr.strip() or done.stdout.strip()}")


def _kept_secrets(path: Path) -> Mapping[str, str]:
    """The secrets of a folder, made at its first use; only its owner can read them."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({name: secrets.token_hex(24) for name in _SECRETS}))
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()

"""Postgres, the MLflow server, a Ray head and workers: what compose.yaml has, on this machine."""

from __future__ import annotations

import fcntl
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from native import recipes
from native.http import Jobs
from native.postgres import create_databases, postgres
from native.service import Service, ServiceError, stop_together
from native.site import Site


class Services:
    """All services with what they keep in one folder; a context that stops what it started.

    By name they are postgres, redis (if asked for), mlflow, head, worker-1, worker-2, …; each can
    be started, stopped, killed and restarted alone, and keeps its port.

    Args:
        folder: Kept between starts: databases, artifacts, checkpoints, secrets, logs.
        workers: Number of Ray workers to start with.
        cpus: Processors of each worker, as Ray counts them.
        data: Folder of the data sets; SPIKESWEEP_DATA if none is given.
        with_redis: Let Ray's head keep its knowledge in Redis.

    Raises:
        FileNotFoundError: Postgres is not installed.
        ServiceError: One does not start, or others run in the folder; nothing is left running.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        cpus: int = 1,
        data: Path | None = None,
        with_redis: bool = False,
    ) -> None:
        self._folder, self._data = folder.absolute(), data
        self._workers, self._cpus, self._with_redis = workers, cpus, with_redis
        self._services: dict[str, Service] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self._folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise ServiceError(f"other services run in {self._folder}") from None
        # Sockets have names of at most 107 characters, and Ray's begin with its folder.
        self._short = Path(tempfile.mkdtemp(prefix="spikesweep-"))
        try:
            self.site = Site.in_folder(self._folder, self._data, self._short / "r")
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def __getitem__(self, name: str) -> Service:
        return self._services[name]

    def __iter__(self) -> Iterator[Service]:
        return iter(self._services.values())

    @property
    def jobs_url(self) -> str:
        """Of Ray's Job API and dashboard."""
        return self.site.jobs_url

    @property
    def ray_address(self) -> str:
        """Where Ray's nodes and clients connect."""
        return self.site.ray_address

    @property
    def mlflow_url(self) -> str:
        """Of the MLflow server."""
        return self.site.mlflow_url

    @property
    def client_environment(self) -> dict[str, str]:
        """The environment that a user of these services has, token and passwords included."""
        return self.site.client_environment

    def add_worker(self) -> Service:
        """Start one more Ray worker, on an address that no earlier one had."""
        worker = self._new_worker()
        worker.start()
        return worker

    def stop_jobs(self) -> None:
        """Stop every job, and wait until it has closed what it had open."""
        with _no_second_interrupt():
            if "head" in self._services and self["head"].running:
                Jobs(self.jobs_url, self.site.secrets["ray"]).stop_all()

    def _start(self) -> None:
        """Start in the order of need, and together what does not need each other."""
        self._started(postgres(self.site)).wait_until_ready()
        create_databases(self.site)
        if self._with_redis:
            self._started(recipes.redis(self.site)).wait_until_ready()
        mlflow = self._started(recipes.mlflow(self.site))
        self._started(recipes.ray_head(self.site, self._with_redis)).wait_until_ready()
        workers = [self._started(self._new_worker()) for _ in range(self._workers)]
        for service in (mlflow, *workers):
            service.wait_until_ready()

    def _new_worker(self) -> Service:
        number = 1 + sum(name.startswith("worker-") for name in self._services)
        return self._known(recipes.ray_worker(self.site, number, self._cpus))

    def _started(self, service: Service) -> Service:
        self._known(service).launch()
        return service

    def _known(self, service: Service) -> Service:
        self._services[service.name] = service
        return service

    def _stop(self) -> None:
        """Stop the jobs, then Ray, then what it used."""
        with _no_second_interrupt():
            self.stop_jobs()
            nodes = [s for s in self if s.name == "head" or s.name.startswith("worker-")]
            stop_together(nodes)
            for service in reversed([s for s in self if s not in nodes]):
                service.stop()
            shutil.rmtree(self._short)
            (self._folder / "lock").unlink()
            self._lock.close()


@contextmanager
def _no_second_interrupt() -> Iterator[None]:
    """Be deaf to Ctrl-C: a second one would leave processes behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

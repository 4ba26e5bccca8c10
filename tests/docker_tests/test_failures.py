"""A service that dies takes no other with it, and comes back with what it knew."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from native.machine import clean_environment
from native.recipes import SCRIPTS
from native.services import Services

from tests.docker_tests.test_security import basic
from tests.sweep_tests.workplace import wait_until


def ask(url: str, headers: Mapping[str, str], message: Any = None) -> Any:
    """What a service answers to somebody with the right to ask."""
    data = None if message is None else json.dumps(message).encode()
    headers = {**headers, "Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(url, data=data, headers=headers), timeout=30
    ) as answer:
        return json.load(answer)


def ask_ray(services: Services, path: str, message: Any = None) -> Any:
    token = services.client_environment["RAY_AUTH_TOKEN"]
    return ask(services.jobs_url + path, {"Authorization": f"Bearer {token}"}, message)


def nodes_alive(services: Services) -> set[str]:
    """Addresses of the Ray nodes that the head takes for alive."""
    nodes = ask_ray(services, "/api/v0/nodes")["data"]["result"]["result"]
    return {node["node_ip"] for node in nodes if node["state"] == "ALIVE"}


def runs_in_mlflow(services: Services) -> int:
    """How many there are, with one that this makes."""
    admin = basic("admin", services.client_environment["MLFLOW_TRACKING_PASSWORD"])
    runs = f"{services.mlflow_url}/api/2.0/mlflow/runs"
    ask(f"{runs}/create", admin, {"experiment_id": "0"})
    return len(ask(f"{runs}/search", admin, {"experiment_ids": ["0"]})["runs"])


def test_a_worker_dies_alone_and_another_takes_its_place(services: Services) -> None:
    services["worker-1"].kill()
    assert services.add_worker().name == "worker-3"
    wait_until(lambda: nodes_alive(services) == {"127.0.0.2", "127.0.0.4", "127.0.0.5"})


def test_mlflow_and_its_database_come_back_with_every_run(services: Services) -> None:
    before = runs_in_mlflow(services)
    services["postgres"].restart(signal.SIGQUIT)  # as `pg_ctl restart -m immediate` does
    assert runs_in_mlflow(services) == before + 1


def test_mlflow_is_killed_and_a_back_up_is_restored(services: Services, open_folder: Path) -> None:
    def databases(command: str) -> None:
        environment = clean_environment() | services.site.libpq("postgres", "postgres")
        subprocess.run([SCRIPTS / command, open_folder / "back-up"], env=environment, check=True)

    kept = runs_in_mlflow(services)
    databases("back-up")
    assert runs_in_mlflow(services) == kept + 1
    services["mlflow"].kill()
    databases("restore")
    services["mlflow"].start()
    assert runs_in_mlflow(services) == kept + 1


def test_a_head_with_redis_comes_back_with_its_jobs_and_workers(services: Services) -> None:
    job = "/api/jobs/before"
    ask_ray(services, "/api/jobs/", {"entrypoint": "true", "submission_id": "before"})
    wait_until(lambda: ask_ray(services, job)["status"] == "SUCCEEDED")
    services["head"].kill()
    services["head"].start()
    assert ask_ray(services, job)["status"] == "SUCCEEDED"
    wait_until(lambda: {"127.0.0.2", "127.0.0.4"} <= nodes_alive(services))
    assert services["worker-2"].running

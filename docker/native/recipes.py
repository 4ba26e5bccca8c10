"""How each service but Postgres is started here: its script, its environment, when it is ready.

Each Ray node is a machine of its own to Ray: it has its own address on loopback, its own folder and
its own processes, so that killing them is the death of that machine and of no other.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from native.http import Jobs, status_of
from native.machine import clean_environment, free_ports
from native.service import Service
from native.site import HEAD, LOOPBACK, Site

SCRIPTS = Path(__file__).parent.parent / "services"
_OBJECT_STORE_BYTES = 200_000_000
_RESTARTS = (
    2  # `ray start` gives up after 30 s, which a busy machine needs; Docker restarts it, too
)


def redis(site: Site) -> Service:
    """Keeps what Ray's head knows."""
    folder, port = site.folder / "redis", str(site.ports["redis"])
    folder.mkdir(exist_ok=True)
    environment = clean_environment() | {
        "RAY_REDIS_PASSWORD": site.secrets["redis"],
        "REDISCLI_AUTH": site.secrets["redis"],
        "REDIS_FOLDER": str(folder),
        "REDIS_PORT": port,
    }
    ping = ["redis-cli", "-h", LOOPBACK, "-p", port, "ping"]
    return Service(
        "redis",
        command=[SCRIPTS / "redis-store"],
        environment=environment,
        log=site.folder / "logs" / "redis.log",
        ready=lambda: b"PONG" in subprocess.run(ping, env=environment, capture_output=True).stdout,
    )


def mlflow(site: Site) -> Service:
    """The MLflow server."""
    environment = {
        "MLFLOW_AUTH_ADMIN_USERNAME": "admin",
        "MLFLOW_AUTH_ADMIN_PASSWORD": site.secrets["mlflow_admin"],
        "MLFLOW_FLASK_SERVER_SECRET_KEY": site.secrets["mlflow_key"],
        "MLFLOW_ARTIFACTS_DESTINATION": str(site.folder / "artifacts"),
        "MLFLOW_SERVER_ALLOWED_HOSTS": f"{LOOPBACK}:{site.ports['mlflow']}",
        "MLFLOW_PORT": str(site.ports["mlflow"]),
        "MLFLOW_WORKERS": "1",
    }
    return Service(
        "mlflow",
        command=[SCRIPTS / "mlflow-server"],
        environment=clean_environment() | site.libpq("mlflow", "mlflow_db") | environment,
        log=site.folder / "logs" / "mlflow.log",
        ready=lambda: status_of(f"{site.mlflow_url}/health") == 200,
    )


def ray_head(site: Site, with_redis: bool) -> Service:
    """Ray's head."""
    environment = {
        "RAY_HEAD_PORT": str(site.ports["gcs"]),
        "RAY_DASHBOARD_PORT": str(site.ports["jobs"]),
    }
    if with_redis:
        environment["RAY_REDIS_ADDRESS"] = f"{LOOPBACK}:{site.ports['redis']}"
        environment["RAY_REDIS_PASSWORD"] = site.secrets["redis"]
    (agent_port,) = free_ports(1)
    options = ["--ray-client-server-port", str(site.ports["ray_client"])]
    # `ray start` writes it when the head is up. One that was killed leaves it there; seeing workers
    # of that address on this very machine, Ray would take it for running.
    note = site.ray_folder / HEAD.rpartition(".")[2] / "ray_current_cluster"
    return Service(
        "head",
        command=[SCRIPTS / "ray-head", *_node_options(site, HEAD, agent_port), *options],
        environment=site.client_environment | environment,
        log=site.folder / "logs" / "head.log",
        ready=lambda: note.exists() and Jobs(site.jobs_url, site.secrets["ray"]).answer(),
        prepare=lambda: note.unlink(missing_ok=True),
        restarts=_RESTARTS,
    )


def ray_worker(site: Site, number: int, cpus: int) -> Service:
    """A Ray worker; numbers from 1 are its address, too."""
    address = f"127.0.0.{2 + number}"
    (agent_port,) = free_ports(1)
    environment = {"RAY_HEAD_ADDRESS": site.ray_address, "RAY_WORKER_CPUS": str(cpus)}
    healthy = f"http://{address}:{agent_port}/api/local_raylet_healthz"
    return Service(
        f"worker-{number}",
        command=[SCRIPTS / "ray-worker", *_node_options(site, address, agent_port)],
        environment=site.client_environment | environment,
        log=site.folder / "logs" / f"worker-{number}.log",
        ready=lambda: status_of(healthy) == 200,
        restarts=_RESTARTS,
    )


def _node_options(site: Site, address: str, agent_port: int) -> list[str]:
    """What distinguishes Ray's nodes when they share a machine."""
    return [
        *("--node-ip-address", address),
        *("--temp-dir", str(site.ray_folder / address.rpartition(".")[2])),
        *("--dashboard-agent-listen-port", str(agent_port)),
        *("--min-worker-port", "0", "--max-worker-port", "0"),  # any that is free
        *("--object-store-memory", str(_OBJECT_STORE_BYTES)),
    ]

"""Sweeps are submitted to the services as their users do, and all of it arrives."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import psycopg
import pytest
import yaml
from native.services import Services

from tests.docker_tests.test_failures import ask
from tests.docker_tests.test_security import basic
from tests.sweep_tests.workplace import SMALL

NAMES = "one", "other"


def submit(services: Services, folder: Path, name: str) -> subprocess.Popen[bytes]:
    spec = folder / f"{name}.yaml"
    search = {"lr": [1e-3, 2e-3, 4e-3]}
    spec.write_text(yaml.safe_dump(SMALL | {"name": name, "search": search, "sampler": "grid"}))
    command = ["spikesweep", "submit", str(spec), "--cluster", services.jobs_url]
    return subprocess.Popen(command, env=services.client_environment)


@pytest.mark.timeout(200)
def test_two_sweeps_at_once_share_the_cluster_and_the_databases(
    services: Services, tmp_path: Path
) -> None:
    sweeps = [submit(services, tmp_path, name) for name in NAMES]
    assert [sweep.wait(timeout=180) for sweep in sweeps] == [0, 0]
    listed = ["spikesweep", "jobs", "--cluster", services.jobs_url]
    jobs = subprocess.check_output(listed, env=services.client_environment, text=True)
    ours = [row for row in jobs.splitlines() if row.strip().startswith(NAMES)]
    assert ["succeeded" in row for row in ours] == [True, True]

    admin = basic("admin", services.client_environment["MLFLOW_TRACKING_PASSWORD"])
    mlflow = f"{services.mlflow_url}/api/2.0/mlflow"
    for name in NAMES:
        experiment = ask(f"{mlflow}/experiments/get-by-name?experiment_name={name}", admin)
        wanted = {"experiment_ids": [experiment["experiment"]["experiment_id"]]}
        runs = ask(f"{mlflow}/runs/search", admin, wanted)["runs"]
        states = Counter(run["info"]["status"] for run in runs)
        assert states == {"FINISHED": 4}  # three trials and the sweep
        with psycopg.connect(services.client_environment["SPIKESWEEP_OPTUNA"]) as studies:
            found = studies.execute(
                "SELECT state FROM trials NATURAL JOIN studies WHERE study_name LIKE %s",
                [f"{name}/1-%"],
            )
            assert found.fetchall() == [("COMPLETE",)] * 3

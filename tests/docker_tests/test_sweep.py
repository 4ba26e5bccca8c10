"""A sweep is submitted to the services as `make cluster` does, and all of it arrives."""

from __future__ import annotations

from pathlib import Path

import psycopg
import yaml
from native.__main__ import submit
from native.services import Services

from tests.docker_tests.test_failures import ask
from tests.docker_tests.test_security import basic
from tests.sweep_tests.workplace import SMALL


def test_a_sweep_runs_over_the_network(services: Services, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL))
    assert submit(services, [str(tmp_path / "small.yaml"), "--trials", "2"]) == 0

    admin = basic("admin", services.client_environment["MLFLOW_TRACKING_PASSWORD"])
    mlflow = f"{services.mlflow_url}/api/2.0/mlflow"
    experiment = ask(f"{mlflow}/experiments/get-by-name?experiment_name=small", admin)
    wanted = {"experiment_ids": [experiment["experiment"]["experiment_id"]]}
    states = [run["info"]["status"] for run in ask(f"{mlflow}/runs/search", admin, wanted)["runs"]]
    assert states == ["FINISHED"] * 3  # two trials and the sweep

    with psycopg.connect(services.client_environment["SPIKESWEEP_OPTUNA"]) as studies:
        states = "SELECT state FROM trials NATURAL JOIN studies WHERE study_name = 'small/1'"
        assert studies.execute(states).fetchall() == [("COMPLETE",)] * 2

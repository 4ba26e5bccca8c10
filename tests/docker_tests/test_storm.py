"""A sweep loses nothing though all that carries it dies in the middle: a cluster, or Ray here."""

from __future__ import annotations

from pathlib import Path

import pytest
from native.services import Services

from tests.docker_tests import chaos
from tests.docker_tests.storm.storms import storm_without_servers

IMAGES, EVENTS = chaos.SMALL, chaos.SMALL.on("randman")


@pytest.mark.timeout(600)
def test_on_a_cluster_everything_is_there_once_and_the_same_as_in_peace(
    services: Services, tmp_path: Path
) -> None:
    expected = chaos.without_ray(tmp_path / "peace", EVENTS)
    with chaos.as_client(services.client_environment):
        chaos.Storm(services, tmp_path, EVENTS, seed=1).run()
        optuna_url = services.client_environment["SPIKESWEEP_OPTUNA"]
        chaos.check(services.mlflow_url, optuna_url, EVENTS, expected)


@pytest.mark.timeout(600)
def test_on_one_machine_everything_is_there_once_and_the_same_as_in_peace(tmp_path: Path) -> None:
    expected = chaos.without_ray(tmp_path / "peace", IMAGES)
    storm_without_servers(tmp_path / "storm", IMAGES, expected, seed=1)
